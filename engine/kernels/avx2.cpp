// The kernels with 256-bit vectors: AVX2 and FMA, compiled with those flags.
// The micro-kernel keeps 6 x 16 numbers of C in 12 of the 16 registers.

#include "engine/kernels/kernels.h"

#ifdef QSTAR_X86

#include "engine/kernels/vector_blocks.h"
#include "engine/kernels/vector_math.h"
#include "engine/kernels/vector_matrix.h"
#include "engine/kernels/vector_pair.h"

#include <immintrin.h>
#include <stdint.h>

namespace qstar::engine {

namespace {

struct Avx2 : Unrolled {
    using Type = __m256;
    using Mask = __m256i;
    static constexpr int kLanes = 8;
    static constexpr int kRows = 6; // of the micro-kernel, with 2 vectors each
    static constexpr int kColumns = 2;
    // Terms that it adds between two looks at the loop's end. A core that is shared with another
    // thread dispatches half as much: then every operation beside the multiply-adds is waited for.
    static constexpr int kSteps = 4;
    static constexpr int kWideRows = 6;
    static constexpr int kPageColumns = 2; // of attention's sums, with 4 vectors each
    static constexpr int kWideColumns = 2;

    static Mask mask(int count) {
        const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lane);
    }
    static Type zero() { return _mm256_setzero_ps(); }
    static Type set(float x) { return _mm256_set1_ps(x); }
    static Type load(const float* p) { return _mm256_loadu_ps(p); }
    static Type load(const float* p, Mask m) { return _mm256_maskload_ps(p, m); }
    static void store(float* p, Type x) { _mm256_storeu_ps(p, x); }
    static void store(float* p, Type x, Mask m) { _mm256_maskstore_ps(p, m, x); }
    [[gnu::always_inline]] static void prefetch(const float* p) {
        _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T0);
    }
    [[gnu::always_inline]] static void prefetch_far(const float* p) { // into the second-level cache
        _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
    }
    static Type select(Mask m, Type x, Type otherwise) {
        return _mm256_blendv_ps(otherwise, x, _mm256_castsi256_ps(m));
    }
    static Type add(Type x, Type y) { return _mm256_add_ps(x, y); }
    static Type sub(Type x, Type y) { return _mm256_sub_ps(x, y); }
    static Type mul(Type x, Type y) { return _mm256_mul_ps(x, y); }
    static Type div(Type x, Type y) { return _mm256_div_ps(x, y); }
    static Type fma(Type x, Type y, Type z) { return _mm256_fmadd_ps(x, y, z); }
    // sum += x y where it lies: compilers let sums wander between registers, and move them back.
    static Type add_product(Type sum, Type x, Type y) {
        asm("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(x), "x"(y));
        return sum;
    }
    static Type fnma(Type x, Type y, Type z) { return _mm256_fnmadd_ps(x, y, z); } // z - x y
    static Type max(Type x, Type y) { return _mm256_max_ps(x, y); } // y where one is NaN
    static Type min(Type x, Type y) { return _mm256_min_ps(x, y); }
    static Type sqrt(Type x) { return _mm256_sqrt_ps(x); }
    static Type round(Type x) {
        return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    // x 2^n, in two steps: 2^n alone may be no normal number.
    static Type ldexp(Type x, Type n) {
        const __m256i whole = _mm256_cvtps_epi32(n);
        const __m256i half = _mm256_srai_epi32(whole, 1);
        const __m256i rest = _mm256_sub_epi32(whole, half);
        return _mm256_mul_ps(_mm256_mul_ps(x, power(half)), power(rest));
    }
    static Type power(__m256i n) {
        return _mm256_castsi256_ps(
            _mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
    }
    static float root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }
    static float sum(Type x) {
        const __m128 four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
        const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
    }
    static float top(Type x) {
        const __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
        const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
    }

    // Transposes the four rows r within each 128-bit part.
    [[gnu::always_inline]] static void transpose_parts(Type* r) {
        const Type low01 = _mm256_unpacklo_ps(r[0], r[1]);
        const Type high01 = _mm256_unpackhi_ps(r[0], r[1]);
        const Type low23 = _mm256_unpacklo_ps(r[2], r[3]);
        const Type high23 = _mm256_unpackhi_ps(r[2], r[3]);
        r[0] = _mm256_shuffle_ps(low01, low23, 0x44);
        r[1] = _mm256_shuffle_ps(low01, low23, 0xee);
        r[2] = _mm256_shuffle_ps(high01, high23, 0x44);
        r[3] = _mm256_shuffle_ps(high01, high23, 0xee);
    }
    // Rows become columns: first within the 128-bit parts, then the parts themselves.
    [[gnu::always_inline]] static void transpose(Type (&r)[kLanes]) {
        unroll<2>([&](auto g) { transpose_parts(r + 4 * g()); });
        unroll<4>([&](auto i) {
            const Type low = r[i()];
            const Type high = r[i() + 4];
            r[i()] = _mm256_permute2f128_ps(low, high, 0x20);
            r[i() + 4] = _mm256_permute2f128_ps(low, high, 0x31);
        });
    }
};

using Sixteen = Pair<Avx2>;

constexpr Kernels kTable = [] {
    Kernels table{};
    table.name = "avx2";
    enter_products<Avx2>(table);
    enter_vectors<Avx2, Sixteen>(table);
    enter_blocks<Avx2, Sixteen>(table);
    table.attend_pages = attend_pages<Avx2, Sixteen>;
    return table;
}();

} // namespace

const Kernels* avx2_kernels() { return &kTable; }

} // namespace qstar::engine

#else

namespace qstar::engine {
const Kernels* avx2_kernels() { return nullptr; }
} // namespace qstar::engine

#endif
