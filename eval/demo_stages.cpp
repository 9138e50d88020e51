#include "eval/demo_stages.h"

#include <cstdio>
#include <fmt/format.h>

namespace qstar::eval {

void say(const char* stage, const char* what) {
    fmt::print("\n[{}] {}\n", stage, what);
    std::fflush(stdout); // at once, so that a log keeps the order of both streams
}

void say_end(const DemoOptions& demo, std::chrono::steady_clock::time_point begin) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin);
    fmt::print("\nThe run is in {}; this call took {} min {:02} s.\n", demo.run,
               seconds.count() / 60, seconds.count() % 60);
}

} // namespace qstar::eval
