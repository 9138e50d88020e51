#pragma once
// C = op(A) op(B) + [C] + [bias], the product that nearly all time goes into.
//
// Row-major; op(A) is (M, K), op(B) is (K, N), C is (M, N); a transposed operand
// is stored the other way round. Blocked after Goto & van de Geijn, "Anatomy of
// High-Performance Matrix Multiplication" (2008).
//
// An element of C is one chain of fused multiply-adds over ascending k, which starts
// at 0 or, when accumulating, at C; the bias is added last. Threads and blocks divide C
// and never change that chain, so the bytes depend neither on the number of threads,
// nor on the instruction set, nor on M and N: a row gives the same bytes alone as in
// a batch. May be called from several threads, and from within parallel_for.

#include <cstdint>

namespace qstar::engine {

struct Gemm {
    bool trans_a = false;
    bool trans_b = false;
    int64_t m = 0, n = 0, k = 0;
    const float* a = nullptr;
    int64_t lda = 0; // distance between stored rows
    const float* b = nullptr;
    int64_t ldb = 0;
    float* c = nullptr;
    int64_t ldc = 0;
    bool accumulate = false;     // add to C instead of overwriting it
    const float* bias = nullptr; // n numbers added to each row, or none
    float* gelu = nullptr;       // (M, N) like C, ldc apart: also gets GELU(C), or none
};

void gemm(const Gemm& product);

// The naive twin, the oracle of the tests: three loops on one thread.
void gemm_naive(const Gemm& product);

} // namespace qstar::engine
