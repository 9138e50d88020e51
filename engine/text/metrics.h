#pragma once
// A run's metrics: a JSONL file that grows by one line a step.
//
// A resumed run ends with the same bytes as one that was never stopped: opening
// the log drops what the killed run wrote at or after the step it resumes from,
// and wants every line before it. So a line holds no clock times.

#include "engine/text/json.h"

#include <cstdint>
#include <string>

namespace qstar {

class MetricsLog {
  public:
    // Keeps the lines of the steps 0 to resume_step - 1 (0: starts the file anew). Error if
    // they are not all there, one a step and in order; the file is then as it was.
    MetricsLog(const std::string& path, int64_t resume_step);
    ~MetricsLog();
    MetricsLog(const MetricsLog&) = delete;
    MetricsLog& operator=(const MetricsLog&) = delete;

    // Appends {"step": step, ...values}; values is an object without "step".
    void write(int64_t step, const Json& values);

    // What was written is on the disk: to be called before a state that has it behind it is.
    void sync();

  private:
    std::string path_;
    int file_ = -1;
};

} // namespace qstar
