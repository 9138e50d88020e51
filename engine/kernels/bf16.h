#pragma once
// Products in bf16: operands rounded to 8 bits of mantissa, sums in fp32.
//
// bf16 is the upper half of an fp32 number: the same range, so nothing needs to be
// rescaled, and a product of two is exact in fp32. Processors with AVX512_BF16 multiply
// and add two of them in the place of one fp32 number, twice as many a cycle
// (Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019). Weights stay
// fp32 where they are kept; only what enters a product is rounded.
//
// Numbers are handled in pairs of neighbours along k, the even one in the lower half. An
// element of C is one chain over ascending pairs, in each the odd product before the even
// one; with AMX it is one chain over groups of 16 pairs, whose even and whose odd products
// are summed apart. So its bytes depend neither on threads nor on M and N.

#include "engine/kernels/gemm.h"

#include <cstdint>

namespace qstar::engine {

enum class Precision { fp32, bf16 };

// The kernels of one instruction set: scalar_bf16.cpp, the oracle of the tests,
// avx512_bf16.cpp and amx_bf16.cpp.
struct Bf16Kernels {
    const char* name;
    int mr, nr; // the tile of C in registers
    // The pairs of a product are a multiple of this many, filled up with 0.
    int step;
    // Pairs that are neighbours in a row of A are neighbours in memory (col_a is 1), the rows
    // of A begin at cache lines, and there are mr of them, of which some may be anything.
    bool whole_rows;

    // k rows of n numbers -> (k + 1) / 2 rows of n pairs, a missing last row counting as 0:
    // out[p * ldo + j] = (x[2p][j], x[2p + 1][j]). To nearest, ties to even; NaN stays NaN.
    void (*pair_rows)(int64_t k, int64_t n, const float* x, int64_t ldx, uint32_t* out,
                      int64_t ldo);
    // n rows of k numbers -> n rows of (k + 1) / 2 pairs:
    // out[i * ldo + p] = (x[i][2p], x[i][2p + 1]).
    void (*pair_columns)(int64_t k, int64_t n, const float* x, int64_t ldx, uint32_t* out,
                         int64_t ldo);
    // C (rows, cols) = A B [+ C] [+ bias], rows <= mr, cols <= nr. A's pair p of row i is
    // a[i * row_a + p * col_a]; B's row p is the nr pairs at b + p * nr.
    void (*micro)(int64_t pairs, const uint32_t* a, int64_t row_a, int64_t col_a, const uint32_t* b,
                  float* c, int64_t ldc, int rows, int cols, bool accumulate, const float* bias);
    // A thread calls them around its micro(); null where there is nothing to do.
    void (*begin)();
    void (*end)();
};

const Bf16Kernels& scalar_bf16_kernels();
const Bf16Kernels* avx512_bf16_kernels(); // nullptr where not compiled in
const Bf16Kernels* amx_bf16_kernels();    // nullptr where not compiled in

// The best that the processor and the system offer: AMX, else AVX512_BF16, else nullptr; so
// also where QSTAR_ISA forbids AVX-512. QSTAR_BF16=amx|avx512_bf16 wants one of the two: an
// Error where it is not offered.
const Bf16Kernels* bf16_kernels();

// gemm() with these kernels. Not to be called from within parallel_for.
void gemm_bf16(const Gemm& product, const Bf16Kernels& kernels);

// gemm(), or gemm_bf16() with bf16_kernels() where bf16 is wanted and offered.
void gemm(const Gemm& product, Precision precision);

} // namespace qstar::engine
