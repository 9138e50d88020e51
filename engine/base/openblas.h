#pragma once
// OpenBLAS, the peer of the benchmarks and a matrix product to choose (QSTAR_ISA=openblas). The
// library is loaded when it is first asked for, so a program that never does starts without it.
// All but has_openblas() want it to be there. Thread-safe.

#include <cstdint>
#include <string>

namespace qstar::engine {

// Was the program built to use it, and is the library here?
bool has_openblas();

// C (m, n) = A (m, k) B (k, n) + beta C, rows one after the other; what is transposed is stored so.
void openblas_sgemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const float* a,
                    int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc);

void set_openblas_threads(int count);

std::string openblas_name(); // "OpenBLAS 0.3.21 (Haswell kernels)"

} // namespace qstar::engine
