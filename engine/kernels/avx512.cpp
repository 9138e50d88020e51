// The kernels with 512-bit vectors: AVX-512 F, DQ, BW and VL, compiled with those
// flags. The micro-kernel keeps 14 x 32 numbers of C in 28 of the 32 registers.

#include "engine/kernels/kernels.h"

#ifdef QSTAR_X86

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own header of these intrinsics reads variables that it leaves unset on purpose.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "engine/kernels/vector_blocks.h"
#include "engine/kernels/vector_math.h"
#include "engine/kernels/vector_matrix.h"

#include <immintrin.h>
#include <stdint.h>

namespace qstar::engine {

namespace {

struct Avx512 : Unrolled {
    using Type = __m512;
    using Mask = __mmask16;
    static constexpr int kLanes = 16;
    static constexpr int kRows = 14; // of the micro-kernel, with 2 vectors each
    static constexpr int kSteps = 4; // terms between two looks at the loop's end
    static constexpr int kColumns = 2;
    static constexpr int kWideRows = 6;
    static constexpr int kPageColumns = 4; // of attention's sums, with 4 vectors each
    static constexpr int kWideColumns = 4;

    static Mask mask(int count) { return static_cast<Mask>((1u << count) - 1u); }
    static Type zero() { return _mm512_setzero_ps(); }
    static Type set(float x) { return _mm512_set1_ps(x); }
    static Type load(const float* p) { return _mm512_loadu_ps(p); }
    static Type load(const float* p, Mask m) { return _mm512_maskz_loadu_ps(m, p); }
    static void store(float* p, Type x) { _mm512_storeu_ps(p, x); }
    static void store(float* p, Type x, Mask m) { _mm512_mask_storeu_ps(p, m, x); }
    [[gnu::always_inline]] static void prefetch(const float* p) {
        _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T0);
    }
    [[gnu::always_inline]] static void prefetch_far(const float* p) { // into the second-level cache
        _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
    }
    static Type select(Mask m, Type x, Type otherwise) {
        return _mm512_mask_blend_ps(m, otherwise, x);
    }
    static Type add(Type x, Type y) { return _mm512_add_ps(x, y); }
    static Type sub(Type x, Type y) { return _mm512_sub_ps(x, y); }
    static Type mul(Type x, Type y) { return _mm512_mul_ps(x, y); }
    static Type div(Type x, Type y) { return _mm512_div_ps(x, y); }
    static Type fma(Type x, Type y, Type z) { return _mm512_fmadd_ps(x, y, z); }
    static Type add_product(Type sum, Type x, Type y) { return fma(x, y, sum); }
    static Type fnma(Type x, Type y, Type z) { return _mm512_fnmadd_ps(x, y, z); } // z - x y
    static Type max(Type x, Type y) { return _mm512_max_ps(x, y); } // y where one is NaN
    static Type min(Type x, Type y) { return _mm512_min_ps(x, y); }
    static Type sqrt(Type x) { return _mm512_sqrt_ps(x); }
    static Type round(Type x) {
        return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    static Type ldexp(Type x, Type n) { return _mm512_scalef_ps(x, n); } // x 2^n
    static float root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }
    static float sum(Type x) {
        const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
        const __m128 four =
            _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
        const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
    }
    static float top(Type x) {
        const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
        const __m128 four =
            _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
        const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
    }

    // Transposes the four rows r within each 128-bit part.
    [[gnu::always_inline]] static void transpose_parts(Type* r) {
        const Type low01 = _mm512_unpacklo_ps(r[0], r[1]);
        const Type high01 = _mm512_unpackhi_ps(r[0], r[1]);
        const Type low23 = _mm512_unpacklo_ps(r[2], r[3]);
        const Type high23 = _mm512_unpackhi_ps(r[2], r[3]);
        r[0] = _mm512_shuffle_ps(low01, low23, 0x44);
        r[1] = _mm512_shuffle_ps(low01, low23, 0xee);
        r[2] = _mm512_shuffle_ps(high01, high23, 0x44);
        r[3] = _mm512_shuffle_ps(high01, high23, 0xee);
    }
    // Rows become columns: first within the 128-bit parts, then the parts themselves.
    [[gnu::always_inline]] static void transpose(Type (&r)[kLanes]) {
        unroll<4>([&](auto g) { transpose_parts(r + 4 * g()); });
        unroll<4>([&](auto i) {
            constexpr int kK = i();
            const Type low01 = _mm512_shuffle_f32x4(r[kK], r[kK + 4], 0x44);
            const Type high01 = _mm512_shuffle_f32x4(r[kK], r[kK + 4], 0xee);
            const Type low23 = _mm512_shuffle_f32x4(r[kK + 8], r[kK + 12], 0x44);
            const Type high23 = _mm512_shuffle_f32x4(r[kK + 8], r[kK + 12], 0xee);
            r[kK] = _mm512_shuffle_f32x4(low01, low23, 0x88);
            r[kK + 4] = _mm512_shuffle_f32x4(low01, low23, 0xdd);
            r[kK + 8] = _mm512_shuffle_f32x4(high01, high23, 0x88);
            r[kK + 12] = _mm512_shuffle_f32x4(high01, high23, 0xdd);
        });
    }
};

constexpr Kernels kTable = [] {
    Kernels table{};
    table.name = "avx512";
    enter_products<Avx512>(table);
    enter_vectors<Avx512, Avx512>(table);
    enter_blocks<Avx512, Avx512>(table);
    table.attend_pages = attend_pages<Avx512, Avx512>;
    return table;
}();

} // namespace

const Kernels* avx512_kernels() { return &kTable; }

} // namespace qstar::engine

#else

namespace qstar::engine {
const Kernels* avx512_kernels() { return nullptr; }
} // namespace qstar::engine

#endif
