#pragma once
// The libraries that our matrix product is measured against, where the build found them.

#include "engine/kernels/gemm.h"

#include <functional>
#include <string>
#include <vector>

namespace qstar::eval {

struct SgemmPeer {
    std::string name; // "oneDNN 2.6.3", "OpenBLAS 0.3.21 (Haswell kernels)"
    std::function<void(const engine::Gemm&)> product; // empty: missing; `name` says why
    bool (*takes)(const engine::Gemm&) = [](const engine::Gemm&) { return true; };
};

// One entry a library, those that are missing too: "none: built without oneDNN".
// oneDNN takes its threads from OMP_NUM_THREADS, OpenBLAS from this call; libxsmm has one, and is
// made for small products: at most 2^24 multiply-adds, whose B is not transposed.
SgemmPeer openblas_peer(int threads);
SgemmPeer onednn_peer();
SgemmPeer libxsmm_peer();

} // namespace qstar::eval
