// The blocking around the bf16 kernels: both operands are rounded and paired on the way
// into panels, B once for all threads, A a block of rows at a time by the thread that uses
// it.

#include "engine/base/parallel.h"
#include "engine/base/scratch.h"
#include "engine/kernels/bf16.h"
#include "engine/kernels/kernels.h"

#include <algorithm>

namespace qstar::engine {

namespace {

constexpr int64_t kDeep = 1024;         // of K at a time, even: a panel of B is 64 KiB
constexpr int64_t kBlockRows = 112;     // of A at a time, about: 224 KiB
constexpr int64_t kAloneWork = 1 << 19; // multiply-adds that one thread does alone
constexpr int64_t kSpread = 16;         // pairs between rows of A: not all in one set

int64_t divided_up(int64_t n, int64_t step) { return (n + step - 1) / step; }
int64_t round_up(int64_t n, int64_t step) { return divided_up(n, step) * step; }
int64_t pairs_of(int64_t k, const Bf16Kernels& kernel) {
    return round_up((k + 1) / 2, kernel.step);
}

// A thread's memory for pairs.
uint32_t* pairs_in(Scratch& scratch, int64_t count) {
    return reinterpret_cast<uint32_t*>(scratch.get(count));
}
thread_local Scratch scratch_a, scratch_b;

// Rows of pairs become columns: out[p * ldo + i] = x[i * ldx + p], with 0 for rows that are not
// there, up to ldo. The fp32 kernels do it, since moving numbers does not ask what they are.
void turn_over(int64_t rows, int64_t pairs, const uint32_t* x, int64_t ldx, uint32_t* out,
               int64_t ldo) {
    kernels().pack_transposed(pairs, reinterpret_cast<const float*>(x), ldx, rows,
                              static_cast<int>(ldo), reinterpret_cast<float*>(out));
}

// Panel p of B, all of K: pair row l at out + l * nr, filled up with 0.
void pack_b(const Gemm& g, const Bf16Kernels& kernel, int64_t p, uint32_t* out) {
    const int64_t nr = kernel.nr, pairs = (g.k + 1) / 2, all = pairs_of(g.k, kernel);
    const int64_t j = p * nr, cols = std::min(nr, g.n - j);
    std::fill_n(out + pairs * nr, (all - pairs) * nr, 0u);
    if (!g.trans_b) {
        if (cols < nr) std::fill_n(out, pairs * nr, 0u);
        kernel.pair_rows(g.k, cols, g.b + j, g.ldb, out, nr);
        return;
    }
    // Stored the other way round: pairs are made along the rows, then turned over.
    constexpr int64_t kRun = 64, kMost = 32; // pairs, columns
    alignas(64) uint32_t run[kMost * kRun];
    for (int64_t l = 0; l < pairs; l += kRun) {
        const int64_t count = std::min(kRun, pairs - l);
        kernel.pair_columns(std::min(2 * count, g.k - 2 * l), cols, g.b + j * g.ldb + 2 * l, g.ldb,
                            run, kRun);
        turn_over(cols, count, run, kRun, out + l * nr, nr);
    }
}

// Rows [i, i + rows) of A from k = l on, `depth` of it; pair p of row r lies at
// pairs[r * row + p * column].
struct Packed {
    const uint32_t* pairs;
    int64_t row, column;
};
Packed pack_a(const Gemm& g, const Bf16Kernels& kernel, int64_t i, int64_t rows, int64_t l,
              int64_t depth) {
    const int64_t pairs = (depth + 1) / 2, all = pairs_of(depth, kernel);
    const int64_t in_rows = round_up(all, 16) + kSpread, in_columns = round_up(rows, 16) + kSpread;
    const int64_t whole = round_up(rows, kernel.mr) * in_rows;
    if (g.trans_a) {
        uint32_t* out = pairs_in(scratch_a, whole + pairs * in_columns);
        uint32_t* columns = out + (kernel.whole_rows ? whole : 0);
        kernel.pair_rows(depth, rows, g.a + l * g.lda + i, g.lda, columns, in_columns);
        if (!kernel.whole_rows) return {columns, 1, in_columns};
        turn_over(pairs, rows, columns, in_columns, out, in_rows);
        return {out, in_rows, 1};
    }
    uint32_t* out = pairs_in(scratch_a, whole);
    kernel.pair_columns(depth, rows, g.a + i * g.lda + l, g.lda, out, in_rows);
    for (int64_t r = 0; r < rows; ++r) std::fill_n(out + r * in_rows + pairs, all - pairs, 0u);
    return {out, in_rows, 1};
}

// Around the products of one thread.
struct Session {
    const Bf16Kernels& kernel;
    explicit Session(const Bf16Kernels& used) : kernel(used) {
        if (kernel.begin != nullptr) kernel.begin();
    }
    ~Session() {
        if (kernel.end != nullptr) kernel.end();
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
};

} // namespace

void gemm_bf16(const Gemm& g, const Bf16Kernels& kernel) {
    if (g.m == 0 || g.n == 0 || g.k == 0) return gemm(g); // the empty sum is exact
    const int64_t nr = kernel.nr, panels = divided_up(g.n, nr), panel = pairs_of(g.k, kernel) * nr;
    uint32_t* b = pairs_in(scratch_b, panels * panel);
    const bool alone = g.m * g.n * g.k < kAloneWork;
    parallel_for(panels, alone ? panels : 4, [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; ++p) pack_b(g, kernel, p, b + p * panel);
    });

    // As many blocks of rows for each thread; elements of C do not know of blocks.
    const int64_t each = alone ? 1 : threads();
    const int64_t blocks = divided_up(divided_up(g.m, kBlockRows), each) * each;
    const int64_t block_rows = divided_up(divided_up(g.m, blocks), kernel.mr) * kernel.mr;
    parallel_for(g.m, alone ? g.m : block_rows, [&](int64_t begin, int64_t end) {
        const Session session(kernel);
        for (int64_t l = 0; l < g.k; l += kDeep) {
            const int64_t depth = std::min(kDeep, g.k - l);
            const Packed a = pack_a(g, kernel, begin, end - begin, l, depth);
            const bool last = l + depth == g.k;
            for (int64_t p = 0; p < panels; ++p) {
                const int64_t j = p * nr;
                const int cols = static_cast<int>(std::min(nr, g.n - j));
                for (int64_t i = begin; i < end; i += kernel.mr) {
                    const int rows = static_cast<int>(std::min<int64_t>(kernel.mr, end - i));
                    kernel.micro(pairs_of(depth, kernel), a.pairs + (i - begin) * a.row, a.row,
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
    if (precision == Precision::bf16 && bf16_kernels() != nullptr) {
        gemm_bf16(product, *bf16_kernels());
    } else {
        gemm(product);
    }
}

} // namespace qstar::engine
