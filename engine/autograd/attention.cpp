#include "engine/autograd/attention.h"

#include "engine/kernels/kernels.h"
#include "engine/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace qstar::engine {

namespace {

constexpr int64_t tile_rows = 32;

// Where the parts of one head of one sequence lie in qkv.
struct Head {
    const float* q;
    const float* k;
    const float* v;
    int64_t row; // 3C, from one time step to the next
};

Head head_of(const float* qkv, int64_t b, int64_t h, int64_t time, int64_t width, int64_t size) {
    const float* base = qkv + b * time * 3 * width + h * size;
    return {base, base + width, base + 2 * width, 3 * width};
}

// (T, size) with rows `row` apart -> (size, T), so that scores are rows of a product.
void transpose(const float* from, int64_t row, int64_t time, int64_t size, float* to) {
    for (int64_t t = 0; t < time; ++t) {
        for (int64_t d = 0; d < size; ++d) to[d * time + t] = from[t * row + d];
    }
}

// Scores of query rows [t0, t0 + rows) against keys [0, t0 + rows), scaled, with the
// future masked out.
void scores_of_tile(const Kernels& kernel, const Head& head, const float* keys, int64_t t0,
                    int64_t rows, int64_t time, int64_t size, float factor, float* s) {
    const int64_t seen = t0 + rows;
    kernel.tile(rows, seen, size, head.q + t0 * head.row, head.row, 1, keys, time, s, time, false);
    for (int64_t i = 0; i < rows; ++i) {
        kernel.scale(t0 + i + 1, factor, s + i * time);
        // exp(-inf) = 0: the tile's products over all its keys stay right.
        std::fill(s + i * time + t0 + i + 1, s + i * time + seen,
                  -std::numeric_limits<float>::infinity());
    }
}

} // namespace

void attention_forward(const float* qkv, float* out, float* lse, int64_t batch, int64_t time,
                       int64_t heads, int64_t width) {
    const int64_t size = width / heads;
    const float factor = 1.0f / std::sqrt(static_cast<float>(size));
    parallel_for(batch * heads, 1, [&](int64_t begin, int64_t end) {
        const Kernels& kernel = kernels();
        thread_local std::vector<float> keys, s;
        keys.resize(static_cast<size_t>(size * time));
        s.resize(static_cast<size_t>(tile_rows * time));
        for (int64_t bh = begin; bh < end; ++bh) {
            const int64_t b = bh / heads, h = bh % heads;
            const Head head = head_of(qkv, b, h, time, width, size);
            float* o = out + b * time * width + h * size;
            transpose(head.k, head.row, time, size, keys.data());
            for (int64_t t0 = 0; t0 < time; t0 += tile_rows) {
                const int64_t rows = std::min(tile_rows, time - t0);
                scores_of_tile(kernel, head, keys.data(), t0, rows, time, size, factor, s.data());
                for (int64_t i = 0; i < rows; ++i) {
                    float* row = s.data() + i * time;
                    lse[bh * time + t0 + i] = kernel.softmax(t0 + rows, row, row);
                }
                kernel.tile(rows, size, t0 + rows, s.data(), time, 1, head.v, head.row,
                            o + t0 * width, width, false);
            }
        }
    });
}

void attention_backward(const float* qkv, const float* out, const float* lse, const float* dout,
                        float* dqkv, bool accumulate, int64_t batch, int64_t time, int64_t heads,
                        int64_t width) {
    const int64_t size = width / heads;
    const float factor = 1.0f / std::sqrt(static_cast<float>(size));
    parallel_for(batch * heads, 1, [&](int64_t begin, int64_t end) {
        const Kernels& kernel = kernels();
        thread_local std::vector<float> keys, values, p, dp, dots;
        keys.resize(static_cast<size_t>(size * time));
        values.resize(static_cast<size_t>(size * time));
        p.resize(static_cast<size_t>(tile_rows * time));
        dp.resize(static_cast<size_t>(tile_rows * time));
        for (int64_t bh = begin; bh < end; ++bh) {
            const int64_t b = bh / heads, h = bh % heads;
            const Head head = head_of(qkv, b, h, time, width, size);
            const float* o = out + b * time * width + h * size;
            const float* d_o = dout + b * time * width + h * size;
            float* dq = dqkv + b * time * 3 * width + h * size;
            float* dk = dq + width;
            float* dv = dq + 2 * width;
            if (!accumulate) {
                for (int64_t t = 0; t < time; ++t) {
                    std::fill_n(dk + t * head.row, size, 0.0f);
                    std::fill_n(dv + t * head.row, size, 0.0f);
                }
            }
            transpose(head.k, head.row, time, size, keys.data());
            transpose(head.v, head.row, time, size, values.data());
            for (int64_t t0 = 0; t0 < time; t0 += tile_rows) {
                const int64_t rows = std::min(tile_rows, time - t0);
                const int64_t seen = t0 + rows;
                // P again from the scores and the saved log-sum-exp.
                scores_of_tile(kernel, head, keys.data(), t0, rows, time, size, factor, p.data());
                // dP = dO V^T
                kernel.tile(rows, seen, size, d_o + t0 * width, width, 1, values.data(), time,
                            dp.data(), time, false);
                for (int64_t i = 0; i < rows; ++i) {
                    const int64_t t = t0 + i;
                    float* row = p.data() + i * time;
                    kernel.exp_shift(seen, row, lse[bh * time + t], row);
                    // sum_j p_j dp_j = dO . O, without the row of dp
                    const float d = kernel.dot(size, d_o + t * width, o + t * width);
                    kernel.softmax_grad(seen, row, dp.data() + i * time, d, factor,
                                        dp.data() + i * time);
                }
                // dV += P^T dO, dQ = dS K, dK += dS^T Q
                kernel.tile(seen, size, rows, p.data(), 1, time, d_o + t0 * width, width, dv,
                            head.row, true);
                kernel.tile(rows, size, seen, dp.data(), time, 1, head.k, head.row,
                            dq + t0 * head.row, head.row, accumulate);
                kernel.tile(seen, size, rows, dp.data(), 1, time, head.q + t0 * head.row, head.row,
                            dk, head.row, true);
            }
        }
    });
}

} // namespace qstar::engine
