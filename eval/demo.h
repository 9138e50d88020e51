#pragma once
// The demo: the whole road, from an empty folder to the report, one stage after another.
// Each stage that is done is passed over, an interrupted one goes on.

#include <cstdint>
#include <string>

namespace qstar::eval {

struct DemoOptions {
    std::string run = "runs/demo";
    uint64_t seed = 1;
    bool quick = false; // seconds long: shows the way, not the heights
    bool full = false;  // half an hour: all data, more problems (arithmetic)
    std::string world =
        "arithmetic"; // or countdown (countdown_demo.h), or lights-out (puzzle_commands.h)
};

// Error for a world that has no demo.
void demo(const DemoOptions& options);

} // namespace qstar::eval
