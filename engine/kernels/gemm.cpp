// The blocking around the micro-kernel, and the threads around the blocking.

#include "engine/kernels/gemm.h"

#include "engine/kernels/cpu.h"
#include "engine/kernels/kernels.h"
#include "engine/kernels/scratch.h"
#include "engine/parallel.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#ifdef QSTAR_OPENBLAS
#include <cblas.h>
#endif

namespace qstar::engine {

namespace {

// One thread does it alone below this (multiply-adds): waking another costs more.
constexpr int64_t kAloneWork = 1 << 20;

// A piece of work that a thread takes at a time has about this many multiply-adds.
constexpr int64_t kPieceWork = 1 << 25;

thread_local Scratch scratch_a;
thread_local Scratch scratch_b;

int64_t round_up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

// The length of the parts when n is cut into as few as `most` allows, all about equal.
int64_t even_part(int64_t n, int64_t most, int64_t step) {
    const int64_t parts = (n + most - 1) / most;
    return round_up((n + parts - 1) / parts, step);
}

// The part of the product that gives rows [row, row + rows) and columns
// [col, col + cols) of C.
Gemm part(const Gemm& g, int64_t row, int64_t rows, int64_t col, int64_t cols) {
    Gemm p = g;
    p.m = rows;
    p.n = cols;
    p.a += g.trans_a ? row : row * g.lda;
    p.b += g.trans_b ? col * g.ldb : col;
    p.c += row * g.ldc + col;
    if (g.bias != nullptr) p.bias += col;
    if (g.gelu != nullptr) p.gelu += row * g.ldc + col;
    return p;
}

const float* a_at(const Gemm& g, int64_t i, int64_t l) {
    return g.a + (g.trans_a ? l * g.lda + i : i * g.lda + l);
}

const float* b_at(const Gemm& g, int64_t l, int64_t j) {
    return g.b + (g.trans_b ? j * g.ldb + l : l * g.ldb + j);
}

// Terms [l, l + depth) of every sum of the product, with B where it lies.
Tile terms(const Gemm& g, int64_t l, int64_t depth) {
    Tile t;
    t.k = depth;
    t.rows = g.m;
    t.cols = g.n;
    t.a = a_at(g, 0, l);
    t.stride_a = g.lda;
    t.a_in_rows = !g.trans_a;
    t.b = b_at(g, l, 0);
    t.ldb = g.ldb;
    t.c = g.c;
    t.ldc = g.ldc;
    t.accumulate = g.accumulate || l > 0;
    t.bias = l + depth >= g.k ? g.bias : nullptr;
    t.next_a = t.a;
    t.next_c = t.c;
    return t;
}

// GELU of the rows and columns of C that are finished, while they are still in a cache.
void finish(const Gemm& g, int64_t row, int64_t rows, int64_t col, int64_t cols) {
    if (g.gelu == nullptr) return;
    for (int64_t i = row; i < row + rows; ++i) {
        kernels().gelu(cols, g.c + i * g.ldc + col, g.gelu + i * g.ldc + col);
    }
}

// Few rows: B is read once or twice, so it is used where it lies, or, if it is stored
// the other way round, is transposed one panel at a time.
void few_rows(const Gemm& g) {
    const Kernels& table = kernels();
    if (!g.trans_b) {
        table.small(terms(g, 0, g.k));
        return finish(g, 0, g.m, 0, g.n);
    }
    constexpr int64_t kDepth = 64; // a panel that stays in L1
    constexpr int64_t kWidth = 128;
    float* packed = scratch_b.get(kDepth * kWidth);
    for (int64_t j = 0; j < g.n; j += kWidth) {
        const int64_t cols = std::min(kWidth, g.n - j);
        const Gemm panel = part(g, 0, g.m, j, cols);
        for (int64_t l = 0; l < g.k; l += kDepth) {
            Tile t = terms(panel, l, std::min(kDepth, g.k - l));
            table.pack_transposed(t.k, t.b, g.ldb, cols, kWidth, packed);
            t.b = packed;
            t.ldb = kWidth;
            table.small(t);
        }
        finish(g, 0, g.m, j, cols);
    }
}

// How far the copied rows of a strip of A lie apart: no power of two, see below.
int64_t copied_lda(int64_t depth) { return round_up(depth, 16) + 16; }

// A strip of A (mr rows, t.k columns) as the micro-kernel reads it while it goes along
// the panels of B. Mostly that is where it lies.
struct Strip {
    bool copied; // rows copied together
    float* memory;

    Strip(const Gemm& g, const Kernels& table, int64_t kc) {
        // Rows a multiple of 2 KiB apart would fight for the same few places of L1.
        copied = !g.trans_a && g.lda % 512 == 0 && g.n > table.nr;
        memory = scratch_a.get(std::max(table.mr_packed * kc, table.mr * copied_lda(kc)));
    }

    void first(Tile& t, const Kernels& table) const {
        if (copied) {
            const int64_t lda = copied_lda(t.k);
            for (int64_t i = 0; i < t.rows; ++i) {
                std::memcpy(memory + i * lda, t.a + i * t.stride_a,
                            static_cast<size_t>(t.k) * sizeof(float));
            }
            t.a = memory;
            t.stride_a = lda;
        } else if (!t.a_in_rows && t.rows == table.mr) {
            t.keep_a = memory; // packed by the kernel, as it reads
        }
    }

    void later(Tile& t, const Kernels& table) const {
        if (t.keep_a == nullptr) return;
        t.a = t.keep_a;
        t.stride_a = table.mr_packed;
        t.keep_a = nullptr;
    }
};

// Many rows, one thread. From the outside in: columns by nc and K by kc (a packed block
// of B, which stays in L2), rows by mr (a strip of A, which mostly stays in L1), columns
// by nr: then a tile of C that lives in registers.
void many_rows(const Gemm& g) {
    const Kernels& table = kernels();
    const int64_t mr = table.mr;
    const int64_t nr = table.nr;
    const int64_t kc = even_part(g.k, std::clamp<int64_t>(cpu().l1d / 96, 256, 1024), 8);
    const int64_t nc = even_part(g.n, std::max(nr, cpu().l2 / 8 / kc), nr);
    float* packed_b = scratch_b.get(kc * nc);
    const Strip strip(g, table, kc);

    for (int64_t jc = 0; jc < g.n; jc += nc) {
        const int64_t cols = std::min(nc, g.n - jc);
        const Gemm columns = part(g, 0, g.m, jc, cols);
        for (int64_t l = 0; l < g.k; l += kc) {
            const int64_t depth = std::min(kc, g.k - l);
            // What each tile of a strip fetches of the rows of the next strip of A.
            const int64_t share = round_up((depth * nr + cols - 1) / cols, 16);
            int64_t rows = 0;
            for (int64_t i = 0; i < g.m; i += rows) {
                const int64_t left = g.m - i;
                rows = left > mr && left < mr + mr / 3 ? mr - mr / 3 : std::min(mr, left);
                Tile t = terms(columns, l, depth);
                t.rows = rows;
                t.a = a_at(g, i, l);
                t.c += i * g.ldc;
                if (!g.trans_a && left > rows) {
                    t.next_a = a_at(g, i + rows, l);
                    t.next_lda = g.lda;
                    t.next_length = share;
                }
                strip.first(t, table);
                for (int64_t j = 0; j < cols; j += nr) {
                    t.cols = std::min(nr, cols - j);
                    float* panel = packed_b + j * depth;
                    if (i == 0 && g.trans_b) {
                        table.pack_transposed(depth, b_at(columns, l, j), g.ldb, t.cols, table.nr,
                                              panel);
                    }
                    if (i == 0 && !g.trans_b) {
                        t.b = b_at(columns, l, j);
                        t.keep_b = panel; // packed by the kernel, as it reads
                    } else {
                        t.b = panel;
                        t.ldb = nr;
                    }
                    t.next_c = j + nr < cols ? t.c + nr : columns.c + (i + rows) * g.ldc;
                    table.micro(t);
                    strip.later(t, table);
                    t.c += nr;
                    t.next_a += share;
                    if (t.bias != nullptr) t.bias += nr;
                }
                if (l + depth == g.k) finish(columns, i, rows, 0, cols);
            }
        }
    }
}

void one_thread(const Gemm& g) {
    if (g.m < 2 * kernels().mr) {
        few_rows(g);
    } else {
        many_rows(g);
    }
}

// A sum of no terms: 0, or C, and the bias.
void empty_sum(Gemm g) {
    g.trans_b = false;
    g.k = 0;
    few_rows(g);
}

#ifdef QSTAR_OPENBLAS
// OpenBLAS on one thread for each piece of C; the pieces depend on the sizes alone.
void openblas(const Gemm& g) {
    static const bool once = [] {
        openblas_set_num_threads(1);
        return true;
    }();
    static_cast<void>(once);
    const bool by_rows = g.m >= g.n;
    parallel_for(by_rows ? g.m : g.n, 256, [&](int64_t begin, int64_t end) {
        const Gemm p =
            by_rows ? part(g, begin, end - begin, 0, g.n) : part(g, 0, g.m, begin, end - begin);
        cblas_sgemm(CblasRowMajor, p.trans_a ? CblasTrans : CblasNoTrans,
                    p.trans_b ? CblasTrans : CblasNoTrans, static_cast<blasint>(p.m),
                    static_cast<blasint>(p.n), static_cast<blasint>(p.k), 1.0f, p.a,
                    static_cast<blasint>(p.lda), p.b, static_cast<blasint>(p.ldb),
                    p.accumulate ? 1.0f : 0.0f, p.c, static_cast<blasint>(p.ldc));
        for (int64_t i = 0; i < p.m && p.bias != nullptr; ++i) {
            kernels().add(p.n, p.c + i * p.ldc, p.bias, p.c + i * p.ldc);
        }
        finish(p, 0, p.m, 0, p.n);
    });
}
#endif

// Cuts a side into pieces for the threads: at least one each, more where the work is
// large, so that a thread that is held up is helped out. Returns a piece's length.
int64_t piece_length(const Gemm& g, int64_t side, int64_t step, int64_t workers) {
    const int64_t rounds = std::clamp<int64_t>(g.m * g.n * g.k / workers / kPieceWork, 1, 4);
    return std::min(side,
                    even_part(side, (side + workers * rounds - 1) / (workers * rounds), step));
}

} // namespace

void gemm(const Gemm& g) {
    if (g.m <= 0 || g.n <= 0) return;
    if (g.k <= 0) return empty_sum(g);
#ifdef QSTAR_OPENBLAS
    if (gemm_is_openblas()) return openblas(g);
#endif
    const int64_t workers = threads();
    if (workers == 1 || g.m * g.n * g.k < kAloneWork) return one_thread(g);

    // Along the side whose pieces come out more even. An element's bytes do not depend
    // on its piece.
    const int64_t rows = piece_length(g, g.m, kernels().mr, workers);
    const int64_t cols = piece_length(g, g.n, kernels().nr, workers);
    if (rows * g.n <= cols * g.m) {
        parallel_for(g.m, rows, [&](int64_t begin, int64_t end) {
            one_thread(part(g, begin, end - begin, 0, g.n));
        });
    } else {
        parallel_for(g.n, cols, [&](int64_t begin, int64_t end) {
            one_thread(part(g, 0, g.m, begin, end - begin));
        });
    }
}

void gemm_naive(const Gemm& g) {
    for (int64_t i = 0; i < g.m; ++i) {
        for (int64_t j = 0; j < g.n; ++j) {
            float& c = g.c[i * g.ldc + j];
            float sum = g.accumulate ? c : 0.0f;
            for (int64_t l = 0; l < g.k; ++l) sum = std::fma(*a_at(g, i, l), *b_at(g, l, j), sum);
            c = g.bias == nullptr ? sum : sum + g.bias[j];
        }
        finish(g, i, 1, 0, g.n);
    }
}

} // namespace qstar::engine
