#pragma once
// How the work of an operation is cut, forward and backward: by sizes alone, so that the
// bytes do not depend on threads.

#include <cstdint>

namespace qstar::engine {

inline constexpr int64_t kRowGrain = 64; // rows, columns and elements a chunk
inline constexpr int64_t kColumnGrain = 64;
inline constexpr int64_t kElementGrain = 65536;

inline constexpr int64_t kMapGrain = 16384; // elements where no sum depends on it

inline constexpr int64_t row_chunks(int64_t rows) { return (rows + kRowGrain - 1) / kRowGrain; }

} // namespace qstar::engine
