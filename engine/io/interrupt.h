#pragma once
// What Ctrl-C says.

#include <string>

namespace qstar {

// While it lives, SIGINT and SIGTERM print this sentence on standard error and then end the
// program as they always do (a shell sees status 130 or 143). One at a time.
class InterruptNote {
  public:
    explicit InterruptNote(const std::string& sentence);
    ~InterruptNote();
    InterruptNote(const InterruptNote&) = delete;
    InterruptNote& operator=(const InterruptNote&) = delete;
};

} // namespace qstar
