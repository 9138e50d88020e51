#pragma once
// What a demo is asked for.

#include "engine/run/flags.h"
#include "search/worlds/make_world.h"

#include <cstdint>
#include <string>

namespace qstar::eval {

struct DemoOptions {
    std::string run = "runs/demo";
    uint64_t seed = 1;
    bool quick = false; // seconds long: shows the way, not the heights
    bool full = false;  // a quarter of an hour: more data and problems (arithmetic)
    std::string world{search::kDefaultWorld}; // or a puzzle, or one with a class
    bool force = false;                       // all of it anew, whatever is there
};
void describe(Flags& f, DemoOptions& o);

} // namespace qstar::eval
