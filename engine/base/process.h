#pragma once
// The memory that this process takes, as the operating system counts it.

#include <cstdint>
#include <string>

namespace qstar::engine {

struct ProcessMemory { // bytes, 0 where the system does not say
    int64_t resident = 0;
    int64_t peak = 0; // since the start, or since begin_peak()
};
ProcessMemory process_memory();

// Gives freed memory back to the system and begins the peak anew with what is left, where the
// system (Linux) can do so; elsewhere the peak stays that of the whole process.
void begin_peak();

// What this process can still take: the least of what the machine has (MemAvailable), what its
// control groups leave it and what its own limits do (ulimit -v, -d).
struct MemoryLeft {
    int64_t bytes = INT64_MAX; // where the system does not say
    std::string limit;         // which of them it is, for a sentence
};
MemoryLeft memory_left();

std::string memory_text(int64_t bytes); // "2.9 TiB"

} // namespace qstar::engine
