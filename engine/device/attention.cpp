#include "engine/device/attention.h"

#include "engine/base/elementary.h"
#include "engine/base/parallel.h"
#include "engine/kernels/kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace qstar::engine {

namespace {

// A tile of scores: 32 x 128 numbers, 16 KiB, lie in the first-level cache with what they
// are made of.
constexpr int64_t kQueries = 32;
constexpr int64_t kKeys = 128; // a multiple of kQueries: each query sees a key of each tile

// Where the parts of one head of one sequence lie in qkv.
struct Head {
    const float* q;
    const float* k;
    const float* v;
    int64_t row; // from one time step to the next
};

Head head_of(const float* qkv, int64_t row, int64_t h, const Attention& s) {
    const float* base = qkv + row * s.qkv_width();
    const float* keys = base + s.width() + h / s.group() * s.size;
    return {base + h * s.size, keys, keys + s.kv_width(), s.qkv_width()};
}

// The rows of a sequence.
struct Span {
    int64_t row, time;
};

Span span_of(int64_t b, const Attention& s, const int* first) {
    if (first == nullptr) return {b * s.time, s.time};
    return {first[b], first[b + 1] - first[b]};
}

// The vectors of a head as columns, in panels of kernel.nr: what a product whose right
// side is transposed wants (kernels.h).
struct Columns {
    std::vector<float> numbers;

    void pack(const Kernels& kernel, const float* rows, int64_t row, int64_t time, int64_t size) {
        const int64_t panels = (time + kernel.nr - 1) / kernel.nr;
        numbers.resize(static_cast<size_t>(panels * size * kernel.nr));
        kernel.pack_transposed(size, rows, row, time, kernel.nr, numbers.data());
    }

    // s (rows, n) = x (rows, size) times columns [first, first + n); first is a multiple of
    // kKeys. Numbers of s stand kKeys apart from row to row.
    void product(const Kernels& kernel, int64_t rows, const float* x, int64_t row, int64_t size,
                 int64_t first, int64_t n, float* s) const {
        const int64_t panel = size * kernel.nr;
        for (int64_t j = 0; j < n; j += kernel.nr) {
            kernel.tile(rows, std::min<int64_t>(kernel.nr, n - j), size, x, row, 1,
                        numbers.data() + (first + j) / kernel.nr * panel, kernel.nr, s + j, kKeys,
                        false);
        }
    }
};

// What one thread works with. Grows to what the largest call needs, and stays.
struct Workspace {
    Columns keys, values;
    float s[kQueries * kKeys], d[kQueries * kKeys];
};

} // namespace

void attention_forward(const float* qkv, float* out, float* lse, const Attention& s,
                       const int* first) {
    const int64_t heads = s.heads, size = s.size, width = s.width();
    const float factor = 1.0f / std::sqrt(static_cast<float>(size));
    parallel_for(s.batch * heads, 1, [&](int64_t begin, int64_t end) {
        const Kernels& kernel = kernels();
        thread_local Workspace w;
        for (int64_t bh = begin; bh < end; ++bh) {
            const int64_t h = bh % heads;
            const auto [row0, time] = span_of(bh / heads, s, first);
            const Head head = head_of(qkv, row0, h, s);
            float* const lse_head = lse + row0 * heads + h * time;
            w.keys.pack(kernel, head.k, head.row, time, size);
            for (int64_t t0 = 0; t0 < time; t0 += kQueries) {
                const int64_t rows = std::min(kQueries, time - t0);
                float* o = out + (row0 + t0) * width + h * size;
                float top[kQueries], total[kQueries]; // of each row so far: max, sum of exp
                std::fill_n(top, rows, -std::numeric_limits<float>::infinity());
                for (int64_t j0 = 0; j0 < t0 + rows; j0 += kKeys) {
                    const int64_t n = std::min(kKeys, t0 + rows - j0);
                    w.keys.product(kernel, rows, head.q + t0 * head.row, head.row, size, j0, n,
                                   w.s);
                    for (int64_t i = 0; i < rows; ++i) {
                        float* row = w.s + i * kKeys;
                        const int64_t seen = std::min(n, t0 + i + 1 - j0);
                        const float before = top[i];
                        const float part = kernel.online_softmax(seen, row, factor, &top[i]);
                        std::fill(row + seen, row + n, 0.0f); // the future
                        if (j0 == 0) {
                            total[i] = part;
                        } else { // what was summed with the smaller maximum shrinks
                            const float shrink = math::exp(before - top[i]);
                            total[i] = total[i] * shrink + part;
                            kernel.scale(size, shrink, o + i * width);
                        }
                    }
                    kernel.tile(rows, size, n, w.s, kKeys, 1, head.v + j0 * head.row, head.row, o,
                                width, j0 > 0);
                }
                for (int64_t i = 0; i < rows; ++i) {
                    kernel.scale(size, 1.0f / total[i], o + i * width);
                    lse_head[t0 + i] = top[i] + math::log(total[i]);
                }
            }
        }
    });
}

// With P = softmax(S), S = factor Q K^T, O = P V:
//   dV = P^T dO,  dP = dO V^T,  dS = factor P (dP - (dO . O) of its row),
//   dQ = dS K,  dK = dS^T Q
void attention_backward(const float* qkv, const float* out, const float* lse, const float* dout,
                        float* dqkv, bool accumulate, const Attention& s, const int* first) {
    const int64_t size = s.size, width = s.width();
    const float factor = 1.0f / std::sqrt(static_cast<float>(size));
    const auto one_head = [&](const Kernels& kernel, Workspace& w, const Span& rows_of, int64_t h) {
        const auto [row0, time] = rows_of;
        const Head head = head_of(qkv, row0, h, s);
        float* const dq_head = dqkv + (head.q - qkv);
        float *const dk = dqkv + (head.k - qkv), *const dv = dqkv + (head.v - qkv);
        const bool add_kv = accumulate || h % s.group() > 0; // to the group's first head's
        const float* const lse_head = lse + row0 * s.heads + h * time;
        for (int64_t t0 = 0; t0 < time; t0 += kQueries) {
            const int64_t rows = std::min(kQueries, time - t0);
            const int64_t begin = (row0 + t0) * width + h * size;
            const float *o = out + begin, *d_o = dout + begin;
            const float* q = head.q + t0 * head.row;
            float* dq = dq_head + t0 * head.row;
            for (int64_t j0 = 0; j0 < t0 + rows; j0 += kKeys) {
                const int64_t n = std::min(kKeys, t0 + rows - j0);
                w.keys.product(kernel, rows, q, head.row, size, j0, n, w.s);
                w.values.product(kernel, rows, d_o, width, size, j0, n, w.d);
                for (int64_t i = 0; i < rows; ++i) {
                    float *p = w.s + i * kKeys, *d = w.d + i * kKeys;
                    const int64_t seen = std::min(n, t0 + i + 1 - j0);
                    // sum_j p_j dp_j = dO . O, without the row of dP
                    const float centre = kernel.dot(size, d_o + i * width, o + i * width);
                    kernel.softmax_grad(seen, p, d, factor, lse_head[t0 + i], centre);
                    std::fill(p + seen, p + n, 0.0f);
                    std::fill(d + seen, d + n, 0.0f);
                }
                // Keys from t0 on are met here for the first time.
                const int64_t old = std::clamp<int64_t>(t0 - j0, 0, n);
                const auto add = [&](const float* a, const float* x, int64_t row, float* to) {
                    float* at = to + j0 * head.row;
                    kernel.tile(old, size, rows, a, 1, kKeys, x, row, at, head.row, true);
                    kernel.tile(n - old, size, rows, a + old, 1, kKeys, x, row, at + old * head.row,
                                head.row, add_kv);
                };
                add(w.s, d_o, width, dv);
                add(w.d, q, head.row, dk);
                kernel.tile(rows, size, n, w.d, kKeys, 1, head.k + j0 * head.row, head.row, dq,
                            head.row, accumulate || j0 > 0);
            }
        }
    };
    parallel_for(s.batch * s.kv_heads, 1, [&](int64_t begin, int64_t end) {
        const Kernels& kernel = kernels();
        thread_local Workspace w;
        for (int64_t i = begin; i < end; ++i) {
            const int64_t first_head = i % s.kv_heads * s.group();
            const Span rows = span_of(i / s.kv_heads, s, first);
            const Head keys = head_of(qkv, rows.row, first_head, s);
            w.keys.pack(kernel, keys.k, keys.row, rows.time, size);
            w.values.pack(kernel, keys.v, keys.row, rows.time, size);
            for (int64_t h = first_head; h < first_head + s.group(); ++h)
                one_head(kernel, w, rows, h);
        }
    });
}

} // namespace qstar::engine
