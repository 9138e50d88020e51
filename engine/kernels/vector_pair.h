#pragma once
// Two vectors as one of twice the lanes: how every instruction set comes to sixteen. A sum over
// sixteen lanes is folded in halves, the low half plus the high one, so it is the same number
// whether a register holds 16, 8, 4 or 1 (avx512, avx2, neon, scalar).

#include "engine/kernels/vector_math.h"

namespace qstar::engine {
namespace {

template <class Half>
struct Pair : Unrolled {
    struct Type {
        typename Half::Type low, high;
    };
    struct Mask {
        typename Half::Mask low, high;
    };
    static constexpr int kLanes = 2 * Half::kLanes;

    // The first `count` lanes; Half's masks take counts below 0 and above its lanes.
    static Mask mask(int count) { return {Half::mask(count), Half::mask(count - Half::kLanes)}; }
    static Type zero() { return {Half::zero(), Half::zero()}; }
    static Type set(float x) { return {Half::set(x), Half::set(x)}; }
    static Type load(const float* p) { return {Half::load(p), Half::load(p + Half::kLanes)}; }
    static Type load(const float* p, Mask m) {
        return {Half::load(p, m.low), Half::load(p + Half::kLanes, m.high)};
    }
    static void store(float* p, Type x) {
        Half::store(p, x.low);
        Half::store(p + Half::kLanes, x.high);
    }
    static void store(float* p, Type x, Mask m) {
        Half::store(p, x.low, m.low);
        Half::store(p + Half::kLanes, x.high, m.high);
    }
    static void prefetch(const float* p) { Half::prefetch(p); }
    static Type select(Mask m, Type x, Type otherwise) {
        return {Half::select(m.low, x.low, otherwise.low),
                Half::select(m.high, x.high, otherwise.high)};
    }
    static Type add(Type x, Type y) { return {Half::add(x.low, y.low), Half::add(x.high, y.high)}; }
    static Type sub(Type x, Type y) { return {Half::sub(x.low, y.low), Half::sub(x.high, y.high)}; }
    static Type mul(Type x, Type y) { return {Half::mul(x.low, y.low), Half::mul(x.high, y.high)}; }
    static Type div(Type x, Type y) { return {Half::div(x.low, y.low), Half::div(x.high, y.high)}; }
    static Type fma(Type x, Type y, Type z) {
        return {Half::fma(x.low, y.low, z.low), Half::fma(x.high, y.high, z.high)};
    }
    static Type fnma(Type x, Type y, Type z) {
        return {Half::fnma(x.low, y.low, z.low), Half::fnma(x.high, y.high, z.high)};
    }
    static Type max(Type x, Type y) { return {Half::max(x.low, y.low), Half::max(x.high, y.high)}; }
    static Type min(Type x, Type y) { return {Half::min(x.low, y.low), Half::min(x.high, y.high)}; }
    static Type sqrt(Type x) { return {Half::sqrt(x.low), Half::sqrt(x.high)}; }
    static Type round(Type x) { return {Half::round(x.low), Half::round(x.high)}; }
    static Type ldexp(Type x, Type n) {
        return {Half::ldexp(x.low, n.low), Half::ldexp(x.high, n.high)};
    }
    static float root(float x) { return Half::root(x); }
    static float sum(Type x) { return Half::sum(Half::add(x.low, x.high)); }
    static float top(Type x) { return Half::top(Half::max(x.low, x.high)); }
};

} // namespace
} // namespace qstar::engine
