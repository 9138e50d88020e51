// The bf16 kernels with AVX512_BF16, compiled with its flags. The tile of C is 14 x 32
// numbers in 28 of the 32 registers, as in fp32; each multiply-add takes two pairs of
// numbers a lane.

#include "engine/kernels/bf16.h"

#ifdef QSTAR_X86

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own header of these intrinsics reads variables that it leaves unset on purpose.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <immintrin.h>
#include <stdint.h>

namespace qstar::engine {

namespace {

constexpr int kRows = 14;
constexpr int kLanes = 16;

__mmask16 first(int64_t count) {
    return static_cast<__mmask16>(count >= kLanes ? 0xffffu : (1u << count) - 1u);
}

// 16 numbers to bf16, each in the lower half of a lane.
__m512i narrow(__m512 x) {
    return _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x)));
}

void pair_rows(int64_t k, int64_t n, const float* x, int64_t ldx, uint32_t* out, int64_t ldo) {
    for (int64_t l = 0; l < k; l += 2) {
        const float* even = x + l * ldx;
        const float* odd = even + ldx;
        uint32_t* to = out + l / 2 * ldo;
        for (int64_t j = 0; j < n; j += kLanes) {
            const __mmask16 mask = first(n - j);
            const __m512i low = narrow(_mm512_maskz_loadu_ps(mask, even + j));
            const __m512i high =
                l + 1 < k ? narrow(_mm512_maskz_loadu_ps(mask, odd + j)) : _mm512_setzero_si512();
            _mm512_mask_storeu_epi32(to + j, mask,
                                     _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
        }
    }
}

void pair_columns(int64_t k, int64_t n, const float* x, int64_t ldx, uint32_t* out, int64_t ldo) {
    for (int64_t i = 0; i < n; ++i) {
        const float* from = x + i * ldx;
        uint32_t* to = out + i * ldo;
        for (int64_t l = 0; l < k; l += 2 * kLanes) {
            const int64_t left = k - l;
            const __m512 one = _mm512_maskz_loadu_ps(first(left), from + l);
            const __m512 two = left > kLanes
                                   ? _mm512_maskz_loadu_ps(first(left - kLanes), from + l + kLanes)
                                   : _mm512_setzero_ps();
            // Neighbours become neighbours: 32 numbers in the order in which they stood.
            const __m512i pairs = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(two, one));
            _mm512_mask_storeu_epi32(to + l / 2, first((left + 1) / 2), pairs);
        }
    }
}

// R rows and N vectors of C; R and N are known to the compiler, so the sums stay in
// registers.
template <int R, int N>
void block(int64_t pairs, const uint32_t* a, int64_t row_a, int64_t col_a, const uint32_t* b,
           float* c, int64_t ldc, int cols, bool accumulate, const float* bias) {
    __m512 sum[R][N];
    __mmask16 mask[N];
#pragma GCC unroll 2
    for (int j = 0; j < N; ++j) mask[j] = first(cols - j * kLanes);
#pragma GCC unroll 14
    for (int i = 0; i < R; ++i) {
#pragma GCC unroll 2
        for (int j = 0; j < N; ++j) {
            sum[i][j] = accumulate ? _mm512_maskz_loadu_ps(mask[j], c + i * ldc + j * kLanes)
                                   : _mm512_setzero_ps();
        }
    }
    for (int64_t p = 0; p < pairs; ++p) {
        __m512bh row[N];
#pragma GCC unroll 2
        for (int j = 0; j < N; ++j) {
            row[j] = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b + j * kLanes));
        }
#pragma GCC unroll 14
        for (int i = 0; i < R; ++i) {
            const auto x =
                reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(a[i * row_a])));
#pragma GCC unroll 2
            for (int j = 0; j < N; ++j) sum[i][j] = _mm512_dpbf16_ps(sum[i][j], x, row[j]);
        }
        a += col_a;
        b += 2 * kLanes;
    }
#pragma GCC unroll 14
    for (int i = 0; i < R; ++i) {
#pragma GCC unroll 2
        for (int j = 0; j < N; ++j) {
            __m512 x = sum[i][j];
            if (bias != nullptr) {
                x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(mask[j], bias + j * kLanes));
            }
            _mm512_mask_storeu_ps(c + i * ldc + j * kLanes, mask[j], x);
        }
    }
}

template <int R, int N>
void block_of(int rows, int64_t pairs, const uint32_t* a, int64_t row_a, int64_t col_a,
              const uint32_t* b, float* c, int64_t ldc, int cols, bool accumulate,
              const float* bias) {
    if (rows == R) {
        block<R, N>(pairs, a, row_a, col_a, b, c, ldc, cols, accumulate, bias);
    } else if constexpr (R > 1) {
        block_of<R - 1, N>(rows, pairs, a, row_a, col_a, b, c, ldc, cols, accumulate, bias);
    }
}

void micro(int64_t pairs, const uint32_t* a, int64_t row_a, int64_t col_a, const uint32_t* b,
           float* c, int64_t ldc, int rows, int cols, bool accumulate, const float* bias) {
    if (cols > kLanes) {
        block_of<kRows, 2>(rows, pairs, a, row_a, col_a, b, c, ldc, cols, accumulate, bias);
    } else {
        block_of<kRows, 1>(rows, pairs, a, row_a, col_a, b, c, ldc, cols, accumulate, bias);
    }
}

constexpr Bf16Kernels kTable = {"avx512_bf16", kRows,        2 * kLanes, 1,       false,
                                pair_rows,     pair_columns, micro,      nullptr, nullptr};

} // namespace

const Bf16Kernels* avx512_bf16_kernels() { return &kTable; }

} // namespace qstar::engine

#else

namespace qstar::engine {
const Bf16Kernels* avx512_bf16_kernels() { return nullptr; }
} // namespace qstar::engine

#endif
