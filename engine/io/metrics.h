#pragma once
// A run's metrics: a JSONL file that grows by one line a logged step.
//
// A resumed run ends with the same bytes as one that was never stopped: opening
// the log drops what the killed run wrote at or after the step it resumes from
// and a last line torn by the kill. So a line holds no clock times.

#include "engine/io/json.h"

#include <cstdint>
#include <string>

namespace qstar {

class MetricsLog {
  public:
    // Keeps the lines with step < resume_step (0: starts the file anew). A line
    // other than the last that is not an object with a whole "step" is an Error.
    MetricsLog(const std::string& path, int64_t resume_step);
    ~MetricsLog();
    MetricsLog(const MetricsLog&) = delete;
    MetricsLog& operator=(const MetricsLog&) = delete;

    // Appends {"step": step, ...values}; values is an object without "step".
    void write(int64_t step, const Json& values);

  private:
    std::string path_;
    int file_ = -1;
};

} // namespace qstar
