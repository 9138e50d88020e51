#pragma once
// How the work of an operation is cut, forward and backward: by sizes alone, so that the
// bytes do not depend on threads.

#include <cstdint>

namespace qstar::engine {

inline constexpr int64_t row_grain = 64; // rows, columns and elements a chunk
inline constexpr int64_t column_grain = 64;
inline constexpr int64_t element_grain = 65536;

inline constexpr int64_t map_grain = 16384; // elements where no sum depends on it

inline constexpr int64_t row_chunks(int64_t rows) { return (rows + row_grain - 1) / row_grain; }

} // namespace qstar::engine
