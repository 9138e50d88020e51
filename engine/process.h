#pragma once
// The memory that this process takes, as the operating system counts it.

#include <cstdint>

namespace qstar::engine {

struct ProcessMemory { // bytes, 0 where the system does not say
    int64_t resident = 0;
    int64_t peak = 0; // since the start, or since begin_peak()
};
ProcessMemory process_memory();

// Gives freed memory back to the system and begins the peak anew with what is left, where the
// system (Linux) can do so; elsewhere the peak stays that of the whole process.
void begin_peak();

} // namespace qstar::engine
