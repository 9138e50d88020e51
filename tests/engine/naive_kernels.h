#pragma once
// The kernels as one reads them in a book: the oracle of the others' tests. They compute in double
// and by the C library's functions, so that an error against them is the other's error.

#include "engine/kernels/kernels.h"

namespace qstar::engine {

// The scalar table's matrix product, whose naive twin is gemm_naive (gemm.h), and the rest anew.
const Kernels& naive_kernels();

} // namespace qstar::engine
