#pragma once
// What a transformer's blocks want beside products, over a vector type V (see vector_math.h for how
// these files are used): RMS norm, SwiGLU and rotary positions, and the attention of one query over
// a key/value cache in pages (engine/decode/kv_cache.h).

#include "engine/kernels/kernels.h"
#include "engine/kernels/vector_math.h"

#include <stdint.h>

namespace qstar::engine {
namespace {

// --- RMS norm ---------------------------------------------------------------------------------

template <class V>
void rms_norm(int64_t n, const float* x, const float* gain, float eps, float* y, float* rstd) {
    const float inverse = 1.0f / V::root(dot<V>(n, x, x) / static_cast<float>(n) + eps);
    const auto inverses = V::set(inverse);
    each<V>(n, [=](int64_t i, auto part) {
        part.store(y + i, V::mul(V::mul(part.load(x + i), inverses), part.load(gain + i)));
    });
    *rstd = inverse;
}

template <class V>
void rms_norm_grad(int64_t n, const float* x, const float* gain, const float* dy, float rstd,
                   float* dx, bool accumulate, float* dgain) {
    // With xhat = x rstd and g = dy gain: dx = rstd (g - xhat average(g xhat))
    const auto inverses = V::set(rstd);
    auto sum_g_xhat = V::zero();
    each<V>(n, [&](int64_t i, auto part) {
        const auto xhat = V::mul(part.load(x + i), inverses);
        const auto slope = part.load(dy + i);
        sum_g_xhat = V::fma(V::mul(slope, part.load(gain + i)), xhat, sum_g_xhat);
        part.store(dgain + i, V::fma(slope, xhat, part.load(dgain + i)));
    });
    const auto average = V::set(V::sum(sum_g_xhat) / static_cast<float>(n));
    each<V>(n, [=](int64_t i, auto part) {
        const auto xhat = V::mul(part.load(x + i), inverses);
        const auto g = V::mul(part.load(dy + i), part.load(gain + i));
        const auto grad = V::mul(inverses, V::fnma(xhat, average, g));
        part.store(dx + i, accumulate ? V::add(part.load(dx + i), grad) : grad);
    });
}

// --- SwiGLU -----------------------------------------------------------------------------------

template <class V>
[[gnu::always_inline]] inline typename V::Type sigmoid(typename V::Type x) {
    return V::div(V::set(1.0f), V::add(V::set(1.0f), exp<V>(V::sub(V::zero(), x))));
}

template <class V>
void swiglu(int64_t n, const float* gate, const float* up, float* y) {
    each<V>(n, [=](int64_t i, auto part) {
        const auto g = part.load(gate + i);
        part.store(y + i, V::mul(V::mul(g, sigmoid<V>(g)), part.load(up + i)));
    });
}

template <class V>
void swiglu_grad(int64_t n, const float* gate, const float* up, const float* dy, float* dgate,
                 bool add_gate, float* dup, bool add_up) {
    // With s = sigmoid(gate): dgate = dy up (s + gate s (1 - s)), dup = dy gate s
    each<V>(n, [=](int64_t i, auto part) {
        const auto g = part.load(gate + i);
        const auto slope = part.load(dy + i);
        const auto s = sigmoid<V>(g);
        const auto open = V::mul(g, s);
        const auto for_gate =
            V::mul(V::mul(slope, part.load(up + i)), V::fma(open, V::sub(V::set(1.0f), s), s));
        const auto for_up = V::mul(slope, open);
        part.store(dgate + i, add_gate ? V::add(part.load(dgate + i), for_gate) : for_gate);
        part.store(dup + i, add_up ? V::add(part.load(dup + i), for_up) : for_up);
    });
}

// --- rotary positions -------------------------------------------------------------------------

template <class V>
void rotate(int64_t half, const float* x, const float* turn, bool back, float* y, bool accumulate) {
    const auto sign = V::set(back ? -1.0f : 1.0f);
    each<V>(half, [=](int64_t i, auto part) {
        const auto cosine = part.load(turn + i);
        const auto sine = V::mul(sign, part.load(turn + half + i));
        const auto a = part.load(x + i);
        const auto b = part.load(x + half + i);
        const auto first = V::fnma(b, sine, V::mul(a, cosine));
        const auto second = V::fma(a, sine, V::mul(b, cosine));
        part.store(y + i, accumulate ? V::add(part.load(y + i), first) : first);
        part.store(y + half + i, accumulate ? V::add(part.load(y + half + i), second) : second);
    });
}

// --- the table ----------------------------------------------------------------------------------

// V is the processor's own vector, W one of sixteen lanes.
template <class V, class W>
constexpr void enter_blocks(Kernels& table) {
    table.rms_norm = rms_norm<W>;
    table.rms_norm_grad = rms_norm_grad<W>;
    table.swiglu = swiglu<V>;
    table.swiglu_grad = swiglu_grad<V>;
    table.rotate = rotate<V>;
}

// --- attention over pages ---------------------------------------------------------------------

// Pages lie anywhere in memory: while one is read, the next is fetched into the caches.

// A head's scores of one page; four sums take turns, by the number of the product. Of V any
// width gives the same bytes.
template <class V>
void score_page(int64_t size, const float* key, const float* ahead, const float* q, float* scores) {
    using F = typename V::Type;
    constexpr int kVectors = kPagePositions / V::kLanes;
    F sum[4][kVectors];
    V::template unroll<4>(
        [&](auto s) { V::template unroll<kVectors>([&](auto j) { sum[s()][j()] = V::zero(); }); });
    const auto add_product = [&](int64_t d, F* to) {
        const F x = V::set(q[d]);
        V::prefetch(ahead + d * kPagePositions);
        V::template unroll<kVectors>([&](auto j) {
            to[j()] = V::fma(x, V::load(key + d * kPagePositions + j() * V::kLanes), to[j()]);
        });
    };
    int64_t d = 0;
    for (; d + 4 <= size; d += 4) {
        V::template unroll<4>([&](auto s) { add_product(d + s(), sum[s()]); });
    }
    for (; d < size; ++d) add_product(d, sum[0]);
    V::template unroll<kVectors>([&](auto j) {
        const F total = V::add(V::add(sum[0][j()], sum[1][j()]), V::add(sum[2][j()], sum[3][j()]));
        V::store(scores + j() * V::kLanes, total);
    });
}

// out = or += the sum of weights[i] * value(i) over the first `count` positions of a page,
// in N vectors, the last of `tail` lanes. Four sums take turns, by position.
template <class V, int N>
void mix_page(int64_t count, int64_t size, const float* value, const float* ahead,
              const float* weights, float* out, int tail, bool add) {
    using F = typename V::Type;
    const auto mask = V::mask(tail);
    F sum[4][N];
    V::template unroll<4>(
        [&](auto s) { V::template unroll<N>([&](auto j) { sum[s()][j()] = V::zero(); }); });
    const auto add_position = [&](int64_t i, F* to) {
        const F x = V::set(weights[i]);
        V::template unroll<N>([&](auto j) {
            V::prefetch(ahead + i * size + j() * V::kLanes);
            const float* from = value + i * size + j() * V::kLanes;
            const F v = j() < N - 1 || tail == V::kLanes ? V::load(from) : V::load(from, mask);
            to[j()] = V::fma(x, v, to[j()]);
        });
    };
    int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
        V::template unroll<4>([&](auto s) { add_position(i + s(), sum[s()]); });
    }
    for (; i < count; ++i) add_position(i, sum[0]);
    V::template unroll<N>([&](auto j) {
        const F total = V::add(V::add(sum[0][j()], sum[1][j()]), V::add(sum[2][j()], sum[3][j()]));
        float* to = out + j() * V::kLanes;
        if (j() < N - 1 || tail == V::kLanes) {
            V::store(to, add ? V::add(V::load(to), total) : total);
        } else {
            V::store(to, add ? V::add(V::load(to, mask), total) : total, mask);
        }
    });
}

// V is the processor's own vector, W one of sixteen lanes.
template <class V, class W>
void attend_pages(int64_t n, int64_t heads, int64_t group, int64_t size, const float* const* pages,
                  int64_t keys, int64_t values, const float* q, float factor, float* scores,
                  float* out) {
    const int64_t count = (n + kPagePositions - 1) / kPagePositions;
    const int64_t row = count * kPagePositions; // a head's scores
    const int64_t part = size * kPagePositions; // a head's keys, or values, of a page
    for (int64_t p = 0; p < count; ++p) {
        const float* key = pages[p] + keys;
        const float* ahead = p + 1 < count ? pages[p + 1] + keys : pages[0] + values;
        for (int64_t h = 0; h < heads; key += part, ahead += part) {
            for (const int64_t end = h + group; h < end; ++h) {
                score_page<V>(size, key, ahead, q + h * size,
                              scores + h * row + p * kPagePositions);
            }
        }
    }
    for (int64_t h = 0; h < heads; ++h) {
        float top = -__builtin_inff();
        const float sum = online_softmax<W>(n, scores + h * row, factor, &top);
        scale<V>(n, 1.0f / sum, scores + h * row);
    }
    for (int64_t p = 0; p < count; ++p) {
        const float* value = pages[p] + values;
        const float* ahead = pages[p + 1 < count ? p + 1 : p] + values;
        const int64_t first = p * kPagePositions;
        const int64_t there = n - first < kPagePositions ? n - first : kPagePositions;
        for (int64_t h = 0, sharing = group; h < heads; ++h, --sharing) {
            if (sharing == 0) sharing = group, value += part, ahead += part;
            int64_t d = 0;
            while (d < size) {
                const int64_t left = size - d;
                const auto go = [&](auto width, auto run) {
                    const int64_t last = left - (width() - 1) * V::kLanes;
                    run(there, size, value + d, ahead + d, scores + h * row + first,
                        out + h * size + d, static_cast<int>(last < V::kLanes ? last : V::kLanes),
                        p > 0);
                    d += width() * V::kLanes;
                };
                constexpr int kWide = V::kPageColumns;
                if (kWide > 2 && left > (kWide - 1) * V::kLanes) {
                    go(typename V::template Index<kWide>(), mix_page<V, kWide>);
                } else if (left > V::kLanes) {
                    go(typename V::template Index<2>(), mix_page<V, 2>);
                } else {
                    go(typename V::template Index<1>(), mix_page<V, 1>);
                }
            }
        }
    }
}

} // namespace
} // namespace qstar::engine
