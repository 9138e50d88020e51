// Sums, the gradient's norm, AdamW.

#include "engine/vulkan/operations.h"
#include "engine/vulkan/reduce.h"

#include <algorithm>

namespace qstar::engine::vulkan {

void sum_each(Job& job, int64_t n, int64_t chunk, bool squares, float factor, const float* x,
              float* out) {
    const int64_t chunks = std::max<int64_t>(1, (n + chunk - 1) / chunk); // of none it is 0
    const struct {
        Address x, out;
        int32_t n, chunk;
        float factor;
    } push = {job.read(x, n), job.write(out, chunks), number(n), number(chunk), factor};
    job.run(shaders::sum, {squares}, push, {chunks});
}

void sum_chunks(Job& job, int64_t n, int64_t chunks, int64_t stride, const float* x, float* d,
                bool fresh) {
    const struct {
        Address x, d;
        int32_t n, chunks, stride;
        uint32_t fresh;
    } push = {job.read(x, chunks == 0 ? 0 : (chunks - 1) * stride + n),
              job.write(d, n),
              number(n),
              number(chunks),
              number(stride),
              fresh};
    job.run(shaders::chunk_sums, {}, push, groups_for(n, 64));
}

void sum(int64_t n, const float* x, float* y) {
    Job job(gpu());
    const int64_t chunks = sum_chunk_count(n);
    if (chunks <= 1) return sum_each(job, n, kSumChunk, false, 1, x, y);
    float* const partial = job.scratch(chunks);
    sum_each(job, n, kSumChunk, false, 1, x, partial);
    sum_each(job, chunks, chunks, false, 1, partial, y);
}

double sum_of_squares(std::span<const std::span<const float>> pieces) {
    int64_t chunks = 0;
    for (const auto& piece : pieces) chunks += sum_chunk_count(static_cast<int64_t>(piece.size()));
    if (chunks == 0) return 0;
    Job job(gpu());
    float* const partial = job.scratch(chunks + 1);
    int64_t at = 1;
    for (const auto& piece : pieces) {
        const auto size = static_cast<int64_t>(piece.size());
        if (size == 0) continue;
        sum_each(job, size, kSumChunk, true, 1, piece.data(), partial + at);
        at += sum_chunk_count(size);
    }
    sum_each(job, chunks, chunks, false, 1, partial + 1, partial);
    job.finish();
    return partial[0];
}

void adamw(int64_t n, float* p, const float* g, float* m, float* v, const AdamWStep& step) {
    Job job(gpu());
    const struct {
        Address p, g, m, v;
        int32_t n;
        AdamWStep step;
    } push = {job.write(p, n), job.read(g, n), job.write(m, n), job.write(v, n), number(n), step};
    job.run(shaders::adamw, {}, push, groups_for(n));
}

} // namespace qstar::engine::vulkan
