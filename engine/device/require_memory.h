#pragma once
// What does not fit in memory is refused before it begins.

#include <cstdint>
#include <string>

namespace qstar::engine {

// Error where `bytes` are not left: "WHAT takes 2.9 TiB of memory, but only 11 GiB are left
// of the machine's: SMALLER". Nothing is asked where tensors lie in another device's memory.
void require_memory(int64_t bytes, const std::string& what, const std::string& smaller);

} // namespace qstar::engine
