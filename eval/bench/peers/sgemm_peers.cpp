#include "eval/bench/peers/sgemm_peers.h"

#include "engine/base/openblas.h"

#include <fmt/format.h>

#ifdef QSTAR_ONEDNN
#include <dnnl.h>
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

} // namespace qstar::eval
