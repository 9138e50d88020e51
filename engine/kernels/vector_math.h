#pragma once
// The kernels on vectors of n numbers over a vector type V; see vector_matrix.h. What sums over
// lanes is called with a V of sixteen (vector_pair.h), so that its bytes are the same everywhere.

#include "engine/base/elementary.h"
#include "engine/kernels/kernels.h"

#include <stdint.h>

namespace qstar::engine {
namespace {

// What every V is: loops over registers are unrolled, body(Index<0>()), body(Index<1>()), ...
struct Unrolled {
    template <int I>
    struct Index {
        constexpr int operator()() const { return I; }
    };
    template <int N, class Body>
    [[gnu::always_inline]] static void unroll(const Body& body) {
        if constexpr (N > 0) {
            unroll<N - 1>(body);
            body(Index<N - 1>());
        }
    }
};

// --- n numbers, a vector at a time ----------------------------------------------------------

template <class V>
struct Whole {
    using F = typename V::Type;
    static F load(const float* p) { return V::load(p); }
    static void store(float* p, F x) { V::store(p, x); }
    static F keep(F x, F) { return x; }
};

// The last n % lanes numbers. Lanes that are not there load as 0.
template <class V>
struct Tail {
    using F = typename V::Type;
    typename V::Mask mask;
    F load(const float* p) const { return V::load(p, mask); }
    void store(float* p, F x) const { V::store(p, x, mask); }
    F keep(F x, F otherwise) const { return V::select(mask, x, otherwise); }
};

// body(i, part) for i = 0, lanes, 2 lanes, ...; part loads and stores what is there.
template <class V, class Body>
[[gnu::always_inline]] inline void each(int64_t n, Body body) {
    int64_t i = 0;
    for (; i + V::kLanes <= n; i += V::kLanes) body(i, Whole<V>());
    if (i < n) body(i, Tail<V>{V::mask(static_cast<int>(n - i))});
}

// The sum of term(i, part) over all vectors, in four chains to hide their latency.
template <class V, class Term>
[[gnu::always_inline]] inline float total(int64_t n, Term term) {
    static_assert(V::kLanes == 16);
    using F = typename V::Type;
    F sum[4] = {V::zero(), V::zero(), V::zero(), V::zero()};
    int64_t i = 0;
    for (; i + 4 * V::kLanes <= n; i += 4 * V::kLanes) {
        V::template unroll<4>(
            [&](auto j) { sum[j()] = V::add(sum[j()], term(i + j() * V::kLanes, Whole<V>())); });
    }
    for (; i + V::kLanes <= n; i += V::kLanes) sum[0] = V::add(sum[0], term(i, Whole<V>()));
    if (i < n) sum[1] = V::add(sum[1], term(i, Tail<V>{V::mask(static_cast<int>(n - i))}));
    return V::sum(V::add(V::add(sum[0], sum[1]), V::add(sum[2], sum[3])));
}

// --- elementwise ------------------------------------------------------------------------------

template <class V>
void add(int64_t n, const float* x, const float* y, float* out) {
    each<V>(n, [=](int64_t i, auto part) {
        part.store(out + i, V::add(part.load(x + i), part.load(y + i)));
    });
}

template <class V>
void mul(int64_t n, const float* x, const float* y, float* out) {
    each<V>(n, [=](int64_t i, auto part) {
        part.store(out + i, V::mul(part.load(x + i), part.load(y + i)));
    });
}

template <class V>
void axpy(int64_t n, float alpha, const float* x, float* y) {
    const auto factor = V::set(alpha);
    each<V>(n, [=](int64_t i, auto part) {
        part.store(y + i, V::fma(factor, part.load(x + i), part.load(y + i)));
    });
}

template <class V>
void scale(int64_t n, float alpha, float* x) {
    const auto factor = V::set(alpha);
    each<V>(n, [=](int64_t i, auto part) { part.store(x + i, V::mul(factor, part.load(x + i))); });
}

template <class V>
float dot(int64_t n, const float* x, const float* y) {
    return total<V>(
        n, [=](int64_t i, auto part) { return V::mul(part.load(x + i), part.load(y + i)); });
}

template <class V>
float sum(int64_t n, const float* x) {
    return total<V>(n, [=](int64_t i, auto part) { return part.load(x + i); });
}

// --- exp ----------------------------------------------------------------------------------------

// e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln 2 / 2 (Cody & Waite: ln 2 in two
// pieces), e^r by a polynomial of degree 6 (Chebyshev interpolation of
// (e^r - 1 - r) / r^2, relative error 1e-8). Within 1 ulp; 0 below -104, infinity
// above 88.8, NaN of NaN.
template <class V>
[[gnu::always_inline]] inline typename V::Type exp(typename V::Type x) {
    x = V::max(V::set(-104.0f), V::min(V::set(89.0f), x));
    const auto n = V::round(V::mul(x, V::set(1.44269504f)));
    auto r = V::fnma(n, V::set(0.693147182464599609375f), x);
    r = V::fnma(n, V::set(-1.904654299957767e-9f), r);
    auto p = V::set(1.3926213466e-3f);
    p = V::fma(p, r, V::set(8.3632029716e-3f));
    p = V::fma(p, r, V::set(4.1666554438e-2f));
    p = V::fma(p, r, V::set(1.6666576846e-1f));
    p = V::fma(p, r, V::set(0.5f));
    const auto y = V::add(V::fma(V::mul(r, r), p, r), V::set(1.0f));
    return V::ldexp(y, n);
}

// --- GELU ----------------------------------------------------------------------------------------

// (1 + tanh u) / 2 = 1 / (1 + e^(-2u)): stable at both ends.
template <class V>
[[gnu::always_inline]] inline typename V::Type gate_below(typename V::Type x) {
    // 1 + e^(-2u), u = sqrt(2/pi) (x + 0.044715 x^3)
    constexpr float kMinusTwoRoot = -1.5957691216057308f;
    const auto square = V::mul(x, x);
    const auto inner = V::fma(square, V::set(kMinusTwoRoot * 0.044715f), V::set(kMinusTwoRoot));
    return V::add(V::set(1.0f), exp<V>(V::mul(x, inner)));
}

template <class V>
void gelu(int64_t n, const float* x, float* y) {
    each<V>(n, [=](int64_t i, auto part) {
        const auto v = part.load(x + i);
        part.store(y + i, V::div(v, gate_below<V>(v)));
    });
}

template <class V>
[[gnu::always_inline]] inline typename V::Type gelu_slope(typename V::Type x) {
    // gate + x gate (1 - gate) 2u'. Beyond 16 the last term is 0 in float; the
    // bound keeps x^2 finite.
    const auto v = V::max(V::set(-16.0f), V::min(V::set(16.0f), x));
    const auto gate = V::div(V::set(1.0f), gate_below<V>(v));
    const auto twice_slope = V::fma(V::mul(v, v), V::set(1.5957691216057308f * 3.0f * 0.044715f),
                                    V::set(1.5957691216057308f));
    const auto rise = V::mul(V::mul(v, twice_slope), V::fnma(gate, gate, gate));
    return V::add(gate, rise);
}

template <class V>
void gelu_grad(int64_t n, const float* x, const float* dy, float* dx, bool accumulate) {
    if (accumulate) {
        each<V>(n, [=](int64_t i, auto part) {
            const auto slope = gelu_slope<V>(part.load(x + i));
            part.store(dx + i, V::fma(part.load(dy + i), slope, part.load(dx + i)));
        });
    } else {
        each<V>(n, [=](int64_t i, auto part) {
            const auto slope = gelu_slope<V>(part.load(x + i));
            part.store(dx + i, V::mul(part.load(dy + i), slope));
        });
    }
}

// --- softmax
// ---------------------------------------------------------------------------------------

template <class V>
float softmax(int64_t n, const float* x, float* y) {
    const auto lowest = V::set(-__builtin_inff());
    auto tops = lowest;
    each<V>(
        n, [&](int64_t i, auto part) { tops = V::max(tops, part.keep(part.load(x + i), lowest)); });
    const float top = V::top(tops);
    const auto shift = V::set(top);
    const float sum_exp = total<V>(n, [=](int64_t i, auto part) {
        const auto e = exp<V>(V::sub(part.load(x + i), shift));
        part.store(y + i, e);
        return part.keep(e, V::zero());
    });
    scale<V>(n, 1.0f / sum_exp, y);
    return top + math::log(sum_exp);
}

template <class V>
void exp_shift(int64_t n, const float* x, float shift, float* y) {
    const auto minus = V::set(shift);
    each<V>(n, [=](int64_t i, auto part) {
        part.store(y + i, exp<V>(V::sub(part.load(x + i), minus)));
    });
}

template <class V>
float online_softmax(int64_t n, float* x, float factor, float* top) {
    const auto factors = V::set(factor);
    auto tops = V::set(*top);
    each<V>(n, [&](int64_t i, auto part) {
        tops = V::max(tops, part.keep(V::mul(factors, part.load(x + i)), tops));
    });
    *top = V::top(tops);
    const auto shift = V::set(-*top);
    return total<V>(n, [=](int64_t i, auto part) {
        const auto e = exp<V>(V::fma(factors, part.load(x + i), shift));
        part.store(x + i, e);
        return part.keep(e, V::zero());
    });
}

template <class V>
void softmax_grad(int64_t n, float* s, float* d, float factor, float lse, float centre) {
    const auto factors = V::set(factor);
    const auto shift = V::set(-lse);
    const auto centres = V::set(centre);
    each<V>(n, [=](int64_t i, auto part) {
        const auto p = exp<V>(V::fma(factors, part.load(s + i), shift));
        part.store(s + i, p);
        const auto weight = V::mul(factors, p);
        part.store(d + i, V::mul(weight, V::sub(part.load(d + i), centres)));
    });
}

// --- layer norm
// ---------------------------------------------------------------------------------------

template <class V>
void layer_norm(int64_t n, const float* x, const float* gain, const float* bias, float eps,
                float* y, float* mean, float* rstd) {
    const float count = static_cast<float>(n);
    const float centre = sum<V>(n, x) / count;
    const auto centres = V::set(centre);
    const float squares = total<V>(n, [=](int64_t i, auto part) {
        const auto d = part.keep(V::sub(part.load(x + i), centres), V::zero());
        return V::mul(d, d);
    });
    const float inverse = 1.0f / V::root(squares / count + eps);
    const auto inverses = V::set(inverse);
    each<V>(n, [=](int64_t i, auto part) {
        const auto xhat = V::mul(V::sub(part.load(x + i), centres), inverses);
        part.store(y + i, V::fma(xhat, part.load(gain + i), part.load(bias + i)));
    });
    *mean = centre;
    *rstd = inverse;
}

template <class V>
void layer_norm_grad(int64_t n, const float* x, const float* gain, const float* dy, float mean,
                     float rstd, float* dx, bool accumulate, float* dgain, float* dbias) {
    // With xhat = (x - mean) rstd and g = dy gain:
    //   dx = rstd (g - average(g) - xhat average(g xhat))
    const auto centres = V::set(mean);
    const auto inverses = V::set(rstd);
    auto sum_g = V::zero();
    auto sum_g_xhat = V::zero();
    each<V>(n, [&](int64_t i, auto part) {
        const auto xhat = V::mul(V::sub(part.load(x + i), centres), inverses);
        const auto slope = part.load(dy + i);
        const auto g = V::mul(slope, part.load(gain + i)); // 0 where nothing is
        sum_g = V::add(sum_g, g);
        sum_g_xhat = V::fma(g, xhat, sum_g_xhat);
        part.store(dgain + i, V::fma(slope, xhat, part.load(dgain + i)));
        part.store(dbias + i, V::add(slope, part.load(dbias + i)));
    });
    const float count = static_cast<float>(n);
    const auto average = V::set(V::sum(sum_g) / count);
    const auto average_xhat = V::set(V::sum(sum_g_xhat) / count);
    each<V>(n, [=](int64_t i, auto part) {
        const auto xhat = V::mul(V::sub(part.load(x + i), centres), inverses);
        const auto g = V::mul(part.load(dy + i), part.load(gain + i));
        const auto centred = V::fnma(xhat, average_xhat, V::sub(g, average));
        const auto grad = V::mul(inverses, centred);
        part.store(dx + i, accumulate ? V::add(part.load(dx + i), grad) : grad);
    });
}

// --- AdamW
// ---------------------------------------------------------------------------------------------

template <class V>
void adamw(int64_t n, float* p, const float* g, float* m, float* v, float grad_scale, float rate,
           float beta1, float beta2, float eps, float decay, float correct1, float correct2) {
    const auto keep1 = V::set(beta1);
    const auto keep2 = V::set(beta2);
    const auto take1 = V::set((1.0f - beta1) * grad_scale);
    const auto take2 = V::set(1.0f - beta2);
    const auto factor = V::set(grad_scale);
    const auto step_size = V::set(rate / correct1);
    const auto unbias2 = V::set(1.0f / correct2);
    const auto epsilon = V::set(eps);
    const auto shrink = V::set(rate * decay);
    each<V>(n, [=](int64_t i, auto part) {
        const auto raw = part.load(g + i);
        const auto grad = V::mul(factor, raw);
        const auto first = V::fma(keep1, part.load(m + i), V::mul(take1, raw));
        const auto second = V::fma(keep2, part.load(v + i), V::mul(take2, V::mul(grad, grad)));
        part.store(m + i, first);
        part.store(v + i, second);
        const auto size = V::add(V::sqrt(V::mul(second, unbias2)), epsilon);
        const auto old = part.load(p + i);
        const auto shrunk = V::fnma(shrink, old, old);
        part.store(p + i, V::fnma(step_size, V::div(first, size), shrunk));
    });
}

// --- the table ----------------------------------------------------------------------------------

// V is the processor's own vector, W one of sixteen lanes.
template <class V, class W>
constexpr void enter_vectors(Kernels& table) {
    table.add = add<V>;
    table.mul = mul<V>;
    table.axpy = axpy<V>;
    table.scale = scale<V>;
    table.dot = dot<W>;
    table.sum = sum<W>;
    table.gelu = gelu<V>;
    table.gelu_grad = gelu_grad<V>;
    table.softmax = softmax<W>;
    table.exp_shift = exp_shift<V>;
    table.online_softmax = online_softmax<W>;
    table.softmax_grad = softmax_grad<V>;
    table.layer_norm = layer_norm<W>;
    table.layer_norm_grad = layer_norm_grad<W>;
    table.adamw = adamw<V>;
}

} // namespace
} // namespace qstar::engine
