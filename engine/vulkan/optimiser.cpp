// Sums, the gradient's norm, AdamW.

#include "engine/vulkan/reduce.h"
#include "engine/vulkan/vulkan_device.h"

#include <algorithm>
#include <span>

namespace qstar::engine::vulkan {

void sum_each(Operation& operation, int64_t n, int64_t chunk, bool squares, float factor,
              const float* x, float* out) {
    const int64_t chunks = std::max<int64_t>(1, (n + chunk - 1) / chunk); // of none it is 0
    const struct {
        Address x, out;
        int32_t n, chunk;
        float factor;
    } push = {operation.read(x, n), operation.write(out, chunks), number(n), number(chunk), factor};
    operation.run(shaders::sum, {squares}, push, {chunks});
}

void sum_chunks(Operation& operation, int64_t n, int64_t chunks, int64_t stride, const float* x,
                float* d, bool fresh) {
    const struct {
        Address x, d;
        int32_t n, chunks, stride;
        uint32_t fresh;
    } push = {operation.read(x, chunks == 0 ? 0 : (chunks - 1) * stride + n),
              operation.write(d, n),
              number(n),
              number(chunks),
              number(stride),
              fresh};
    operation.run(shaders::chunk_sums, {}, push, groups_for(n, 64));
}

void VulkanDevice::sum(int64_t n, const float* x, float* y) const {
    Operation operation(*gpu_);
    const int64_t chunks = sum_chunk_count(n);
    if (chunks <= 1) return sum_each(operation, n, kSumChunk, false, 1, x, y);
    float* const partial = operation.scratch(chunks);
    sum_each(operation, n, kSumChunk, false, 1, x, partial);
    sum_each(operation, chunks, chunks, false, 1, partial, y);
}

double VulkanDevice::sum_of_squares(std::span<const std::span<const float>> pieces) const {
    int64_t chunks = 0;
    for (const auto& piece : pieces) chunks += sum_chunk_count(static_cast<int64_t>(piece.size()));
    if (chunks == 0) return 0;
    Operation operation(*gpu_);
    float* const partial = operation.scratch(chunks + 1);
    int64_t at = 1;
    for (const auto& piece : pieces) {
        const auto size = static_cast<int64_t>(piece.size());
        if (size == 0) continue;
        sum_each(operation, size, kSumChunk, true, 1, piece.data(), partial + at);
        at += sum_chunk_count(size);
    }
    sum_each(operation, chunks, chunks, false, 1, partial + 1, partial);
    operation.finish();
    return partial[0];
}

void VulkanDevice::adamw(int64_t n, float* p, const float* g, float* m, float* v,
                         const AdamWStep& step) const {
    Operation operation(*gpu_);
    const struct {
        Address p, g, m, v;
        int32_t n;
        AdamWStep step;
    } push = {operation.write(p, n),
              operation.read(g, n),
              operation.write(m, n),
              operation.write(v, n),
              number(n),
              step};
    operation.run(shaders::adamw, {}, push, groups_for(n));
}

} // namespace qstar::engine::vulkan
