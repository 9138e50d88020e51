#pragma once
// `qstar eval bench gemm`: the matrix product against oneDNN, OpenBLAS and, where it is small,
// libxsmm.
//
// AVX-512 is measured against kernels of their own choice, AVX2 against their AVX2 kernels. They
// look for OPENBLAS_CORETYPE, ONEDNN_MAX_CPU_ISA, LIBXSMM_TARGET and OMP_NUM_THREADS only when
// they are loaded: so this program starts itself once for each instruction set and number of
// threads, with the environment that the peers need.

#include "eval/bench/bench.h"

#include "engine/kernels/gemm.h"

#include <string>
#include <vector>

namespace qstar::eval {

// A product to be measured, in the place of C = op(A) op(B).
struct Product {
    int64_t m, k, n;
    bool trans_a = false, trans_b = false;

    std::string name() const; // "(4096, 128) x (128, 512)", "^T" after a transposed operand
    double flops() const { return 2.0 * static_cast<double>(m * k * n); }
};

// Y = X W for all shapes of the table, then dX = dY W^T and dW = X^T dY of those that
// have a backward pass (64 rows or more).
std::vector<Product> products();

void bench_gemm(const BenchOptions& options);

} // namespace qstar::eval
