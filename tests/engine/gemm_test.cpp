#include "engine/kernels/gemm.h"

#include "engine/base/cpu.h"
#include "engine/base/parallel.h"
#include "engine/base/random.h"
#include "engine/kernels/kernels.h"
#include "tests/engine/fenced.h"
#include "tests/sanitized.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <doctest/doctest.h>
#include <limits>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::engine;

namespace {

Fenced::Flush flush_of(int flags) { return flags & 32 ? Fenced::Flush::begin : Fenced::Flush::end; }

// A product whose operands touch forbidden pages; their rows lie wider apart than they
// are long. Flags: 1 A transposed, 2 B transposed, 4 accumulate, 8 bias, 16 GELU,
// 32 the pages before the operands instead of those behind.
struct FencedGemm {
    int flags;
    Gemm g;
    Fenced a, b, bias, c;

    FencedGemm(int64_t m, int64_t n, int64_t k, int flags_, Random& random)
        : flags(flags_), a(0), b(0), bias(n, flush_of(flags_)), c(0) {
        g.m = m;
        g.n = n;
        g.k = k;
        g.trans_a = flags & 1;
        g.trans_b = flags & 2;
        g.accumulate = flags & 4;
        g.lda = (g.trans_a ? m : k) + 3;
        g.ldb = (g.trans_b ? k : n) + 5;
        g.ldc = n + 2;
        a = g.trans_a ? matrix(k, m, g.lda) : matrix(m, k, g.lda);
        b = g.trans_b ? matrix(n, k, g.ldb) : matrix(k, n, g.ldb);
        c = matrix(m, n, g.ldc);
        a.randomize(random);
        b.randomize(random);
        bias.randomize(random);
        c.randomize(random);
        g.a = a.data();
        g.b = b.data();
        g.bias = flags & 8 ? bias.data() : nullptr;
    }

    Fenced matrix(int64_t rows, int64_t cols, int64_t ld) const {
        return Fenced(rows == 0 || cols == 0 ? 0 : (rows - 1) * ld + cols, flush_of(flags));
    }

    // C, and GELU(C) behind it. Poison stands where C must not be read.
    std::vector<float> run(void (*product)(const Gemm&)) {
        Fenced out = matrix(g.m, g.n, g.ldc);
        Fenced gelu = matrix(g.m, g.n, g.ldc);
        for (int64_t i = 0; i < out.size(); ++i) {
            out[i] = g.accumulate && i % g.ldc < g.n ? c[i] : kPoison;
            gelu[i] = kPoison;
        }
        g.c = out.data();
        g.gelu = flags & 16 ? gelu.data() : nullptr;
        product(g);
        std::vector<float> both(out.data(), out.data() + out.size());
        both.insert(both.end(), gelu.data(), gelu.data() + gelu.size());
        return both;
    }
};

bool same(const std::vector<float>& x, const std::vector<float>& y) {
    return x.size() == y.size() && same_numbers(x.data(), y.data(), static_cast<int64_t>(x.size()));
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

TEST_CASE("gemm is the naive product, byte for byte, on random shapes") {
    const Restore restore;
    Random random(21, "gemm");
    // Mostly small and odd, 0 and 1 too, sometimes longer than a block of the caches.
    const auto side = [&] {
        const double u = random.uniform();
        return static_cast<int64_t>(u < 0.2   ? 2 * random.uniform()
                                    : u < 0.9 ? 70 * random.uniform()
                                              : 600 * random.uniform());
    };
    for (int round = 0; round < (tests::kSanitized ? 150 : 400); ++round) {
        int64_t m = side();
        int64_t n = side();
        int64_t k = side();
        if (m * n * k > 1000000) n = 33; // so that the naive product takes no time
        const int flags = static_cast<int>(64 * random.uniform());
        FencedGemm test(m, n, k, flags, random);
        for (const std::string& isa : isas()) {
            use_isa(isa.c_str());
            CAPTURE(isa);
            CAPTURE(m);
            CAPTURE(n);
            CAPTURE(k);
            CAPTURE(flags);
            // The columns between n and ldc must stay as they were: all of C is compared.
            CHECK(same(test.run(gemm), test.run(gemm_naive)));
        }
    }
}

TEST_CASE("gemm is the naive product where every block has a border") {
    const Restore restore;
    Random random(22, "gemm");
    const int64_t sizes[][3] = {{67, 45, 1100}, {43, 2100, 20}, {31, 530, 70}, {300, 33, 40}};
    for (const auto& [m, n, k] : sizes) {
        for (const int flags : {0, 13, 22, 31}) {
            FencedGemm test(m, n, k, flags, random);
            for (const std::string& isa : isas()) {
                use_isa(isa.c_str());
                CAPTURE(isa);
                CAPTURE(m);
                CAPTURE(flags);
                CHECK(same(test.run(gemm), test.run(gemm_naive)));
            }
        }
    }
}

TEST_CASE("rows of A a power of two apart are copied, with the same bytes") {
    const Restore restore;
    Random random(23, "gemm");
    for (const int64_t m : {28, 31, 45}) {
        FencedGemm test(m, 70, 1021, 8, random); // rows of A lie 1024 numbers apart
        REQUIRE(test.g.lda % 512 == 0);
        for (const std::string& isa : isas()) {
            use_isa(isa.c_str());
            CAPTURE(isa);
            CAPTURE(m);
            CHECK(same(test.run(gemm), test.run(gemm_naive)));
        }
    }
}

TEST_CASE("NaN and infinity reach the elements that they belong to, and no others") {
    const Restore restore;
    Random random(24, "gemm");
    for (int flags = 0; flags < 4; ++flags) {
        FencedGemm test(40, 50, 30, flags, random);
        test.a[7] = kPoison;
        test.a[test.a.size() - 3] = std::numeric_limits<float>::infinity();
        test.b[100] = -std::numeric_limits<float>::infinity();
        test.b[101] = 0;
        const std::vector<float> expected = test.run(gemm_naive);
        for (const std::string& isa : isas()) {
            use_isa(isa.c_str());
            CAPTURE(isa);
            CAPTURE(flags);
            CHECK(same(test.run(gemm), expected));
        }
    }
}

TEST_CASE("every instruction set gives the same bytes, and any number of threads") {
    const Restore restore;
    Random random(25, "gemm");
    const int64_t sizes[][3] = {{300, 130, 300}, {20, 700, 300}, {64, 96, 700}};
    for (int transposed = 0; transposed < 4; ++transposed) {
        for (const auto& [m, n, k] : sizes) {
            CAPTURE(transposed);
            CAPTURE(m);
            FencedGemm test(m, n, k, transposed | 12, random);
            use_isa("scalar");
            set_threads(1);
            const std::vector<float> expected = test.run(gemm);
            for (const std::string& isa : isas()) {
                use_isa(isa.c_str());
                for (const int count : {1, 2, 3}) {
                    if (tests::kSanitized && count != 3) continue;
                    CAPTURE(isa);
                    CAPTURE(count);
                    set_threads(count);
                    CHECK(same(test.run(gemm), expected));
                }
            }
        }
    }
}

TEST_CASE("a row gives the same bytes alone as in a batch") {
    const Restore restore;
    Random random(26, "gemm");
    for (const std::string& isa : isas()) {
        use_isa(isa.c_str());
        for (const int flags : {8, 10}) {
            CAPTURE(isa);
            CAPTURE(flags);
            const int64_t m = 37;
            const int64_t n = 75;
            FencedGemm test(m, n, 300, flags, random);
            const std::vector<float> batch = test.run(gemm);
            for (int64_t i = 0; i < m; ++i) {
                std::vector<float> row(static_cast<size_t>(n));
                Gemm alone = test.g;
                alone.m = 1;
                alone.a += i * alone.lda;
                alone.c = row.data();
                gemm(alone);
                CHECK(same_numbers(row.data(), batch.data() + i * test.g.ldc, n));
            }
        }
    }
}

TEST_CASE("gemm may be called by many threads at once") {
    const Restore restore;
    set_threads(3);
    Random random(27, "gemm");
    FencedGemm test(70, 130, 90, 0, random);
    const std::vector<float> expected = test.run(gemm_naive);
    constexpr int64_t kCalls = 24;
    std::vector<std::vector<float>> out(kCalls, std::vector<float>(expected.size() / 2));
    parallel_for(kCalls, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            Gemm g = test.g;
            g.c = out[static_cast<size_t>(i)].data();
            gemm(g);
        }
    });
    for (const std::vector<float>& c : out) {
        for (int64_t i = 0; i < test.g.m; ++i) {
            const int64_t at = i * test.g.ldc;
            CHECK(same_numbers(c.data() + at, expected.data() + at, test.g.n));
        }
    }
}

TEST_CASE("OpenBLAS as the matrix product gives the same numbers up to rounding") {
    const Restore restore;
    Random random(28, "gemm");
    try {
        use_isa("openblas");
    } catch (const std::exception&) {
        return; // this build has none
    }
    CHECK(gemm_is_openblas());
    for (int flags = 0; flags < 32; ++flags) {
        CAPTURE(flags);
        FencedGemm test(40, 300, 100, flags, random);
        const std::vector<float> theirs = test.run(gemm);
        const std::vector<float> naive = test.run(gemm_naive);
        float worst = 0;
        for (size_t i = 0; i < theirs.size(); ++i) {
            CHECK(std::isnan(theirs[i]) == std::isnan(naive[i]));
            if (!std::isnan(naive[i])) worst = std::max(worst, std::fabs(theirs[i] - naive[i]));
        }
        CHECK(worst < 1e-4f);
    }
}
