// The kernels with 128-bit vectors: NEON, which every 64-bit Arm processor has.
// The micro-kernel keeps 12 x 8 numbers of C in 24 of the 32 registers.

#include "engine/kernels/kernels.h"

#ifdef QSTAR_NEON

#include "engine/kernels/vector_blocks.h"
#include "engine/kernels/vector_math.h"
#include "engine/kernels/vector_matrix.h"
#include "engine/kernels/vector_pair.h"

#include <arm_neon.h>
#include <stdint.h>

namespace qstar::engine {

namespace {

struct Neon : Unrolled {
    using Type = float32x4_t;
    using Mask = int; // how many lanes are there: 0 or less, to 4 or more
    static constexpr int kLanes = 4;
    static constexpr int kRows = 12; // of the micro-kernel, with 2 vectors each
    static constexpr int kSteps = 1;
    static constexpr int kColumns = 2;
    static constexpr int kWideRows = 6;
    static constexpr int kPageColumns = 4; // of attention's sums, with 4 vectors each
    static constexpr int kWideColumns = 4;

    static Mask mask(int count) { return count; }
    static Type zero() { return vdupq_n_f32(0); }
    static Type set(float x) { return vdupq_n_f32(x); }
    static Type load(const float* p) { return vld1q_f32(p); }
    static Type load(const float* p, Mask m) {
        if (m >= kLanes) return load(p);
        Type x = zero();
        if (m > 0) x = vld1q_lane_f32(p, x, 0);
        if (m > 1) x = vld1q_lane_f32(p + 1, x, 1);
        if (m > 2) x = vld1q_lane_f32(p + 2, x, 2);
        return x;
    }
    static void store(float* p, Type x) { vst1q_f32(p, x); }
    static void store(float* p, Type x, Mask m) {
        if (m >= kLanes) return store(p, x);
        if (m > 0) vst1q_lane_f32(p, x, 0);
        if (m > 1) vst1q_lane_f32(p + 1, x, 1);
        if (m > 2) vst1q_lane_f32(p + 2, x, 2);
    }
    [[gnu::always_inline]] static void prefetch(const float* p) { __builtin_prefetch(p, 0, 3); }
    [[gnu::always_inline]] static void prefetch_far(const float* p) { // into the second-level cache
        __builtin_prefetch(p, 0, 2);
    }
    static Type select(Mask m, Type x, Type otherwise) {
        const int32x4_t lane = {0, 1, 2, 3};
        return vbslq_f32(vcltq_s32(lane, vdupq_n_s32(m)), x, otherwise);
    }
    static Type add(Type x, Type y) { return vaddq_f32(x, y); }
    static Type sub(Type x, Type y) { return vsubq_f32(x, y); }
    static Type mul(Type x, Type y) { return vmulq_f32(x, y); }
    static Type div(Type x, Type y) { return vdivq_f32(x, y); }
    static Type fma(Type x, Type y, Type z) { return vfmaq_f32(z, x, y); }
    static Type add_product(Type sum, Type x, Type y) { return fma(x, y, sum); }
    static Type fnma(Type x, Type y, Type z) { return vfmsq_f32(z, x, y); } // z - x y
    // y where one is NaN, as on the other processors; NEON's own give NaN.
    static Type max(Type x, Type y) { return vbslq_f32(vcgtq_f32(x, y), x, y); }
    static Type min(Type x, Type y) { return vbslq_f32(vcltq_f32(x, y), x, y); }
    static Type sqrt(Type x) { return vsqrtq_f32(x); }
    static Type round(Type x) { return vrndnq_f32(x); } // to the nearest, halves to even
    // x 2^n, in two steps: 2^n alone may be no normal number.
    static Type ldexp(Type x, Type n) {
        const int32x4_t whole = vcvtnq_s32_f32(n);
        const int32x4_t half = vshrq_n_s32(whole, 1);
        return vmulq_f32(vmulq_f32(x, power(half)), power(vsubq_s32(whole, half)));
    }
    static Type power(int32x4_t n) {
        return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(127)), 23));
    }
    static float root(float x) { return vget_lane_f32(vsqrt_f32(vdup_n_f32(x)), 0); }
    static float sum(Type x) {
        const float32x2_t two = vadd_f32(vget_low_f32(x), vget_high_f32(x));
        return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
    }
    static float top(Type x) {
        const float32x2_t low = vget_low_f32(x), high = vget_high_f32(x);
        const float32x2_t two = vbsl_f32(vcgt_f32(low, high), low, high);
        const float a = vget_lane_f32(two, 0), b = vget_lane_f32(two, 1);
        return a > b ? a : b;
    }

    // Rows become columns.
    [[gnu::always_inline]] static void transpose(Type (&r)[kLanes]) {
        const Type even01 = vtrn1q_f32(r[0], r[1]), odd01 = vtrn2q_f32(r[0], r[1]);
        const Type even23 = vtrn1q_f32(r[2], r[3]), odd23 = vtrn2q_f32(r[2], r[3]);
        r[0] = vcombine_f32(vget_low_f32(even01), vget_low_f32(even23));
        r[1] = vcombine_f32(vget_low_f32(odd01), vget_low_f32(odd23));
        r[2] = vcombine_f32(vget_high_f32(even01), vget_high_f32(even23));
        r[3] = vcombine_f32(vget_high_f32(odd01), vget_high_f32(odd23));
    }
};

using Sixteen = Pair<Pair<Neon>>;

constexpr Kernels kTable = [] {
    Kernels table{};
    table.name = "neon";
    enter_products<Neon, Sixteen>(table);
    enter_vectors<Neon, Sixteen>(table);
    enter_blocks<Neon, Sixteen>(table);
    table.attend_pages = attend_pages<Neon, Sixteen>;
    return table;
}();

} // namespace

const Kernels* neon_kernels() { return &kTable; }

} // namespace qstar::engine

#else

namespace qstar::engine {
const Kernels* neon_kernels() { return nullptr; }
} // namespace qstar::engine

#endif
