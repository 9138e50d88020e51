#include "eval/bench/peers/sgemm_peers.h"

#include "engine/base/openblas.h"

#include <fmt/core.h>

#ifdef QSTAR_ONEDNN
#include <dnnl.h>
#endif
#ifdef QSTAR_LIBXSMM
#include <libxsmm.h>
#endif

namespace qstar::eval {

SgemmPeer openblas_peer(int threads) {
    if (!engine::has_openblas())
        return {"none: built without OpenBLAS, or there is no library of it", {}};
    engine::set_openblas_threads(threads);
    const auto product = [](const engine::Gemm& g) {
        engine::openblas_sgemm(g.trans_a, g.trans_b, g.m, g.n, g.k, g.a, g.lda, g.b, g.ldb, 0.0f,
                               g.c, g.ldc);
    };
    return {engine::openblas_name(), product};
}

#ifdef QSTAR_ONEDNN

SgemmPeer onednn_peer() {
    const dnnl_version_t* version = dnnl_version();
    const auto product = [](const engine::Gemm& g) {
        dnnl_sgemm(g.trans_a ? 'T' : 'N', g.trans_b ? 'T' : 'N', g.m, g.n, g.k, 1.0f, g.a, g.lda,
                   g.b, g.ldb, 0.0f, g.c, g.ldc);
    };
    return {fmt::format("oneDNN {}.{}.{}", version->major, version->minor, version->patch),
            product};
}

#else

SgemmPeer onednn_peer() { return {"none: built without oneDNN", {}}; }

#endif

#ifdef QSTAR_LIBXSMM

// It thinks in columns: our C = A B is its C^T = B^T A^T, so its first operand is our B.
SgemmPeer libxsmm_peer() {
    const auto product = [](const engine::Gemm& g) {
        const auto number = [](int64_t n) { return static_cast<libxsmm_blasint>(n); };
        const libxsmm_blasint lda = number(g.ldb), ldb = number(g.lda), ldc = number(g.ldc);
        const float alpha = 1, beta = 0;
        const int flags = g.trans_a ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
        const libxsmm_smmfunction kernel =
            libxsmm_smmdispatch(number(g.n), number(g.m), number(g.k), &lda, &ldb, &ldc, &alpha,
                                &beta, &flags, nullptr); // made once for a shape
        if (kernel != nullptr) kernel(g.b, g.a, g.c);
    };
    const auto takes = [](const engine::Gemm& g) {
        return !g.trans_b && g.m * g.n * g.k <= int64_t{1} << 24;
    };
    return {"libxsmm " LIBXSMM_VERSION, product, takes};
}

#else

SgemmPeer libxsmm_peer() { return {"none: built without libxsmm", {}}; }

#endif

} // namespace qstar::eval
