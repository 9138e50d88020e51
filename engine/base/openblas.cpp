#include "engine/base/openblas.h"

#include "engine/base/error.h"

#ifdef QSTAR_OPENBLAS

#include "engine/base/dynamic_library.h"

#include <cblas.h>
#include <fmt/core.h>
#include <sstream>

namespace qstar::engine {

namespace {

const DynamicLibrary& openblas() {
    static const DynamicLibrary library("OpenBLAS",
                                        {QSTAR_OPENBLAS, "libopenblas.so.0", "libopenblas.so"});
    return library;
}

} // namespace

bool has_openblas() { return openblas().here(); }

void openblas_sgemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const float* a,
                    int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc) {
    static const auto sgemm =
        openblas().get(static_cast<decltype(&cblas_sgemm)>(nullptr), "cblas_sgemm");
    const auto size = [](int64_t number) { return static_cast<blasint>(number); };
    sgemm(CblasRowMajor, trans_a ? CblasTrans : CblasNoTrans, trans_b ? CblasTrans : CblasNoTrans,
          size(m), size(n), size(k), 1.0f, a, size(lda), b, size(ldb), beta, c, size(ldc));
}

void set_openblas_threads(int count) {
    openblas().get(static_cast<decltype(&openblas_set_num_threads)>(nullptr),
                   "openblas_set_num_threads")(count);
}

std::string openblas_name() {
    const auto config =
        openblas().get(static_cast<decltype(&openblas_get_config)>(nullptr), "openblas_get_config");
    const auto core = openblas().get(static_cast<decltype(&openblas_get_corename)>(nullptr),
                                     "openblas_get_corename");
    std::istringstream words(config()); // "OpenBLAS 0.3.21 NO_LAPACKE ..."
    std::string library, version;
    words >> library >> version;
    return fmt::format("{} {} ({} kernels)", library, version, core());
}

} // namespace qstar::engine

#else

namespace qstar::engine {

bool has_openblas() { return false; }

void openblas_sgemm(bool, bool, int64_t, int64_t, int64_t, const float*, int64_t, const float*,
                    int64_t, float, float*, int64_t) {
    fail("the program was built without OpenBLAS");
}

void set_openblas_threads(int) { fail("the program was built without OpenBLAS"); }

std::string openblas_name() { fail("the program was built without OpenBLAS"); }

} // namespace qstar::engine

#endif
