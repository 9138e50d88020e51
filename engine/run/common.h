#pragma once
// The flags that every command has, filled in by main() before a command runs.

#include <cstdint>

namespace qstar {

struct Common {
    uint64_t seed = 1; // if given; else a run has its own (run/run_folder.h)
    bool seed_given = false;
    int threads = 0; // 0: all processors
};

} // namespace qstar
