#include "eval/bench/sgemm_peers.h"

#include <fmt/format.h>
#include <sstream>

#ifdef QSTAR_OPENBLAS
#include <cblas.h>
#endif
#ifdef QSTAR_ONEDNN
#include <dnnl.h>
#endif

namespace qstar::eval {

#ifdef QSTAR_OPENBLAS

SgemmPeer openblas_peer(int threads) {
    openblas_set_num_threads(threads);
    std::istringstream config(openblas_get_config()); // "OpenBLAS 0.3.21 NO_LAPACKE ..."
    std::string library, version;
    config >> library >> version;
    const auto product = [](const engine::Gemm& g) {
        cblas_sgemm(CblasRowMajor, g.trans_a ? CblasTrans : CblasNoTrans,
                    g.trans_b ? CblasTrans : CblasNoTrans, static_cast<blasint>(g.m),
                    static_cast<blasint>(g.n), static_cast<blasint>(g.k), 1.0f, g.a,
                    static_cast<blasint>(g.lda), g.b, static_cast<blasint>(g.ldb), 0.0f, g.c,
                    static_cast<blasint>(g.ldc));
    };
    return {fmt::format("{} {} ({} kernels)", library, version, openblas_get_corename()), product};
}

#else

SgemmPeer openblas_peer(int) { return {"none: built without OpenBLAS", {}}; }

#endif

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

} // namespace qstar::eval
