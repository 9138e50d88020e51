#pragma once
// Progress of a long piece of work, on stderr.
//
// On a terminal: one line, redrawn at most ten times a second. Elsewhere (a pipe,
// a CI log): a plain line after each further 10 %, at least 3 seconds apart, and
// one at the end. Not synchronised: call it from one thread.

#include <chrono>
#include <cstdint>
#include <string>

namespace qstar {

// What one line shows; text() is the line for a terminal of `width` columns:
// "pretrain  [#####.....]  50 %  12.3k tokens/s  0:42 left  loss 1.23".
struct ProgressState {
    std::string title;
    std::string unit; // of the counts: "tokens", "problems"
    double done = 0;
    double total = 0;
    double rate = 0; // units a second
    std::string note;

    std::string text(int width) const;
};

class Progress {
  public:
    // Work that is `start` of `total` units done (start > 0 on a resume: the rate
    // counts only what this process does). Silent: prints nothing.
    Progress(std::string title, int64_t total, std::string unit, int64_t start = 0,
             bool silent = false);
    ~Progress(); // ends the line, if finish() did not

    void update(int64_t done, const std::string& note = ""); // cheap: call it every step
    void finish(const std::string& note = "");               // 100 %, and the line stays

  private:
    using Clock = std::chrono::steady_clock;
    void draw(bool last);

    ProgressState state_;
    double start_ = 0;
    bool silent_ = false;
    bool terminal_ = false;
    bool finished_ = false;
    bool drawn_ = false;
    Clock::time_point began_;
    Clock::time_point drawn_at_;
    int drawn_tenths_ = 0; // the 10 % step that the last plain line stood at
};

// "1:05", "2:03:04"
std::string duration_text(double seconds);
// "950", "12.3k", "4.56M"
std::string count_text(double count);

} // namespace qstar
