// The blocking around the bf16 kernels: both operands are rounded and paired on the way
// into panels, B once for all threads, A a block of rows at a time by the thread that uses
// it.

#include "engine/kernels/bf16.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/kernels.h"
#include "engine/parallel.h"

#include <algorithm>
#include <vector>

namespace qstar::engine {

namespace {

constexpr int64_t kDeep = 1024;         // of K at a time, even: a panel of B is 64 KiB
constexpr int64_t kBlockRows = 112;     // of A at a time, about: 224 KiB
constexpr int64_t kAloneWork = 1 << 19; // multiply-adds that one thread does alone
constexpr int64_t kSpread = 16;         // pairs between rows of A: not all in one set

int64_t pairs_of(int64_t k) { return (k + 1) / 2; }
int64_t divided_up(int64_t n, int64_t step) { return (n + step - 1) / step; }

// Panel p of B, all of K: pair row l at out + l * nr, filled up with 0.
void pack_b(const Gemm& g, const Bf16Kernels& kernel, int64_t p, uint32_t* out) {
    const int64_t nr = kernel.nr, pairs = pairs_of(g.k);
    const int64_t j = p * nr, cols = std::min(nr, g.n - j);
    if (cols < nr) std::fill_n(out, pairs * nr, 0u);
    if (!g.trans_b) {
        kernel.pair_rows(g.k, cols, g.b + j, g.ldb, out, nr);
        return;
    }
    // Stored the other way round: pairs are made along the rows, then turned over.
    constexpr int64_t kRun = 64; // pairs
    uint32_t row[kRun];
    for (int64_t i = 0; i < cols; ++i) {
        for (int64_t l = 0; l < pairs; l += kRun) {
            const int64_t count = std::min(kRun, pairs - l);
            kernel.pair_columns(std::min(2 * count, g.k - 2 * l), 1, g.b + (j + i) * g.ldb + 2 * l,
                                g.ldb, row, kRun);
            for (int64_t x = 0; x < count; ++x) out[(l + x) * nr + i] = row[x];
        }
    }
}

// Rows [i, i + rows) of A from k = l on, `depth` of it; gives the distances of rows and
// pairs.
struct Packed {
    int64_t row, column;
};
Packed pack_a(const Gemm& g, const Bf16Kernels& kernel, int64_t i, int64_t rows, int64_t l,
              int64_t depth, std::vector<uint32_t>& out) {
    const int64_t pairs = pairs_of(depth);
    if (g.trans_a) {
        const int64_t ld = rows + kSpread;
        out.resize(
            static_cast<size_t>(std::max<int64_t>(static_cast<int64_t>(out.size()), pairs * ld)));
        kernel.pair_rows(depth, rows, g.a + l * g.lda + i, g.lda, out.data(), ld);
        return {1, ld};
    }
    const int64_t ld = pairs + kSpread;
    out.resize(static_cast<size_t>(std::max<int64_t>(static_cast<int64_t>(out.size()), rows * ld)));
    kernel.pair_columns(depth, rows, g.a + i * g.lda + l, g.lda, out.data(), ld);
    return {ld, 1};
}

} // namespace

bool offers_bf16() {
    return cpu().avx512_bf16 && avx512_bf16_kernels() != nullptr && &kernels() == avx512_kernels();
}

void gemm_bf16(const Gemm& g, const Bf16Kernels& kernel) {
    if (g.m == 0 || g.n == 0 || g.k == 0) return gemm(g); // the empty sum is exact
    const int64_t nr = kernel.nr, panels = divided_up(g.n, nr), panel = pairs_of(g.k) * nr;
    thread_local std::vector<uint32_t> packed_b;
    packed_b.resize(static_cast<size_t>(
        std::max<int64_t>(static_cast<int64_t>(packed_b.size()), panels * panel)));
    uint32_t* b = packed_b.data();
    const bool alone = g.m * g.n * g.k < kAloneWork;
    parallel_for(panels, alone ? panels : 4, [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; ++p) pack_b(g, kernel, p, b + p * panel);
    });

    // As many blocks of rows for each thread; elements of C do not know of blocks.
    const int64_t each = alone ? 1 : threads();
    const int64_t blocks = divided_up(divided_up(g.m, kBlockRows), each) * each;
    const int64_t block_rows = divided_up(divided_up(g.m, blocks), kernel.mr) * kernel.mr;
    parallel_for(g.m, alone ? g.m : block_rows, [&](int64_t begin, int64_t end) {
        thread_local std::vector<uint32_t> packed_a;
        for (int64_t l = 0; l < g.k; l += kDeep) {
            const int64_t depth = std::min(kDeep, g.k - l);
            const Packed a = pack_a(g, kernel, begin, end - begin, l, depth, packed_a);
            const bool last = l + depth == g.k;
            for (int64_t p = 0; p < panels; ++p) {
                const int64_t j = p * nr;
                const int cols = static_cast<int>(std::min(nr, g.n - j));
                for (int64_t i = begin; i < end; i += kernel.mr) {
                    const int rows = static_cast<int>(std::min<int64_t>(kernel.mr, end - i));
                    kernel.micro(pairs_of(depth), packed_a.data() + (i - begin) * a.row, a.row,
                                 a.column, b + p * panel + l / 2 * nr, g.c + i * g.ldc + j, g.ldc,
                                 rows, cols, g.accumulate || l > 0,
                                 last && g.bias != nullptr ? g.bias + j : nullptr);
                }
            }
        }
        for (int64_t i = begin; i < end && g.gelu != nullptr; ++i) {
            engine::kernels().gelu(g.n, g.c + i * g.ldc, g.gelu + i * g.ldc);
        }
    });
}

void gemm(const Gemm& product, Precision precision) {
    if (precision == Precision::bf16 && offers_bf16()) {
        gemm_bf16(product, *avx512_bf16_kernels());
    } else {
        gemm(product);
    }
}

} // namespace qstar::engine
