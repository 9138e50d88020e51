#pragma once
// Sums in parts.

#include "engine/vulkan/gpu/gpu.h"

namespace qstar::engine::vulkan {

// out[i] = factor * sum of chunk i of x (of the squares); every chunk is summed by one work
// group, in a fixed order.
void sum_each(Operation& operation, int64_t n, int64_t chunk, bool squares, float factor,
              const float* x, float* out);

// d[i] (+)= sum over chunks of x[chunk * stride + i]
void sum_chunks(Operation& operation, int64_t n, int64_t chunks, int64_t stride, const float* x,
                float* d, bool fresh);

inline constexpr int64_t kSumChunk = 8192;
inline int64_t sum_chunk_count(int64_t n) { return (n + kSumChunk - 1) / kSumChunk; }

} // namespace qstar::engine::vulkan
