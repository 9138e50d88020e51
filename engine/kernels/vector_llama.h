#pragma once
// The kernels of the blocks of the llama family (RMS norm, SwiGLU, rotary positions) over a
// vector type V; see vector_math.h.

#include "engine/kernels/vector_math.h"

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
constexpr void enter_llama(Kernels& table) {
    table.rms_norm = rms_norm<W>;
    table.rms_norm_grad = rms_norm_grad<W>;
    table.swiglu = swiglu<V>;
    table.swiglu_grad = swiglu_grad<V>;
    table.rotate = rotate<V>;
}

} // namespace
} // namespace qstar::engine
