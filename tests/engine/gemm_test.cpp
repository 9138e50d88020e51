#include "engine/kernels/gemm.h"

#include "engine/kernels/cpu.h"
#include "engine/kernels/kernels.h"
#include "engine/parallel.h"
#include "engine/random.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::engine;

namespace {

std::vector<float> numbers(int64_t n, std::string_view name) {
    std::vector<float> x(static_cast<size_t>(n));
    Random random(11, name);
    for (float& v : x) v = static_cast<float>(2 * random.uniform() - 1);
    return x;
}

// A product with its operands, their rows wider apart than they are long.
struct Case {
    std::vector<float> a, b, bias, c;
    Gemm g;

    Case(int64_t m, int64_t n, int64_t k, bool trans_a, bool trans_b, bool accumulate,
         bool with_bias) {
        g.m = m;
        g.n = n;
        g.k = k;
        g.trans_a = trans_a;
        g.trans_b = trans_b;
        g.accumulate = accumulate;
        g.lda = (trans_a ? m : k) + 3;
        g.ldb = (trans_b ? k : n) + 5;
        g.ldc = n + 2;
        a = numbers((trans_a ? k : m) * g.lda, "a");
        b = numbers((trans_b ? n : k) * g.ldb, "b");
        bias = numbers(n, "bias");
        c = numbers(m * g.ldc, "c");
        g.a = a.data();
        g.b = b.data();
        g.bias = with_bias ? bias.data() : nullptr;
    }

    std::vector<float> run(void (*product)(const Gemm&)) {
        std::vector<float> out = c;
        g.c = out.data();
        product(g);
        return out;
    }
};

bool same_bytes(const std::vector<float>& x, const std::vector<float>& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0;
}

std::vector<std::string> isas() {
    std::vector<std::string> names = {"scalar"};
    if (cpu().avx2 && avx2_kernels() != nullptr) names.push_back("avx2");
    if (cpu().avx512 && avx512_kernels() != nullptr) names.push_back("avx512");
    return names;
}

// Puts table and threads back as they were.
struct Restore {
    std::string isa = isa_name();
    int thread_count = threads();
    ~Restore() {
        use_isa(isa.c_str());
        set_threads(thread_count);
    }
};

} // namespace

TEST_CASE("gemm is the naive product, byte for byte while K fits one block") {
    const Restore restore;
    const int64_t sizes[][3] = {{1, 1, 1},   {1, 33, 7},   {3, 5, 2},   {7, 16, 31},  {14, 32, 64},
                                {15, 33, 9}, {25, 17, 40}, {37, 70, 1}, {66, 31, 100}};
    for (const std::string& isa : isas()) {
        use_isa(isa.c_str());
        for (const auto& [m, n, k] : sizes) {
            for (int flags = 0; flags < 16; ++flags) {
                CAPTURE(isa);
                CAPTURE(m);
                CAPTURE(n);
                CAPTURE(k);
                CAPTURE(flags);
                Case test(m, n, k, flags & 1, flags & 2, flags & 4, flags & 8);
                // The columns between n and ldc must stay as they were: all of C is compared.
                CHECK(same_bytes(test.run(gemm), test.run(gemm_naive)));
            }
        }
    }
}

TEST_CASE("gemm is the naive product up to rounding for long sums and blocked sides") {
    const Restore restore;
    const int64_t sizes[][3] = {{5, 40, 700}, {300, 45, 513}, {30, 2100, 20}};
    for (const std::string& isa : isas()) {
        use_isa(isa.c_str());
        for (const auto& [m, n, k] : sizes) {
            for (int flags = 0; flags < 16; flags += 5) {
                CAPTURE(isa);
                CAPTURE(m);
                CAPTURE(k);
                Case test(m, n, k, flags & 1, flags & 2, flags & 4, flags & 8);
                const std::vector<float> ours = test.run(gemm);
                const std::vector<float> naive = test.run(gemm_naive);
                float worst = 0;
                for (size_t i = 0; i < ours.size(); ++i) {
                    worst = std::fmax(worst, std::fabs(ours[i] - naive[i]));
                }
                CHECK(worst < 1e-4f);
            }
        }
    }
}

TEST_CASE("an empty sum gives zero, C, or the bias") {
    for (const bool accumulate : {false, true}) {
        Case test(4, 6, 0, false, false, accumulate, true);
        CHECK(same_bytes(test.run(gemm), test.run(gemm_naive)));
    }
}

TEST_CASE("every instruction set gives the same bytes, and any number of threads") {
    const Restore restore;
    for (int transposed = 0; transposed < 4; ++transposed) {
        for (const auto& [m, n, k] :
             {std::array<int64_t, 3>{300, 130, 300}, std::array<int64_t, 3>{20, 700, 300}}) {
            CAPTURE(transposed);
            CAPTURE(m);
            Case test(m, n, k, transposed & 1, transposed & 2, true, true);
            use_isa("scalar");
            set_threads(1);
            const std::vector<float> expected = test.run(gemm);
            for (const std::string& isa : isas()) {
                use_isa(isa.c_str());
                for (const int count : {1, 2, 3}) {
                    CAPTURE(isa);
                    CAPTURE(count);
                    set_threads(count);
                    CHECK(same_bytes(test.run(gemm), expected));
                }
            }
        }
    }
}

TEST_CASE("a row gives the same bytes alone as in a batch") {
    const Restore restore;
    for (const std::string& isa : isas()) {
        use_isa(isa.c_str());
        for (const bool trans_b : {false, true}) {
            CAPTURE(isa);
            CAPTURE(trans_b);
            const int64_t m = 37;
            const int64_t n = 75;
            Case test(m, n, 300, false, trans_b, false, true);
            const std::vector<float> batch = test.run(gemm);
            for (int64_t i = 0; i < m; ++i) {
                std::vector<float> row(static_cast<size_t>(n));
                Gemm alone = test.g;
                alone.m = 1;
                alone.a += i * alone.lda;
                alone.c = row.data();
                gemm(alone);
                CHECK(std::memcmp(row.data(), batch.data() + i * test.g.ldc,
                                  row.size() * sizeof(float)) == 0);
            }
        }
    }
}

TEST_CASE("OpenBLAS as the matrix product gives the same numbers up to rounding") {
    const Restore restore;
    try {
        use_isa("openblas");
    } catch (const std::exception&) {
        return; // this build has none
    }
    CHECK(gemm_is_openblas());
    for (int flags = 0; flags < 16; ++flags) {
        CAPTURE(flags);
        Case test(40, 300, 100, flags & 1, flags & 2, flags & 4, flags & 8);
        const std::vector<float> theirs = test.run(gemm);
        const std::vector<float> naive = test.run(gemm_naive);
        float worst = 0;
        for (size_t i = 0; i < theirs.size(); ++i) {
            worst = std::fmax(worst, std::fabs(theirs[i] - naive[i]));
        }
        CHECK(worst < 1e-4f);
    }
}
