// The blocking around the micro-kernel, and the threads around the blocking.

#include "engine/kernels/gemm.h"

#include "engine/kernels/cpu.h"
#include "engine/kernels/kernels.h"
#include "engine/parallel.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <new>

#ifdef QSTAR_OPENBLAS
#include <cblas.h>
#endif

namespace qstar::engine {

namespace {

// K is cut into blocks of this many, always: the order of the sum rests on it.
// Inside a block one chain of fused multiply-adds, blocks added in ascending order.
constexpr int64_t kBlock = 256;

// Up to so many rows, packing B would cost more than it saves.
constexpr int64_t kFewRows = 24;

// One thread does it alone below this (multiply-adds): waking another costs more.
constexpr int64_t kAloneWork = 1 << 19;

// Columns of B packed in one go, just before their first use: a multiple of every nr.
constexpr int64_t kPackTogether = 128;

int64_t round_up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

// Grows and is kept for the next product of the same thread. Only code that calls
// no parallel_for may hold it: a waiting thread may be given another product.
struct Scratch {
    struct Free {
        void operator()(float* p) const { std::free(p); }
    };
    std::unique_ptr<float, Free> memory;
    int64_t size = 0;

    float* get(int64_t n) {
        if (n > size) {
            const size_t bytes = static_cast<size_t>(round_up(n * 4, 4096));
            memory.reset(static_cast<float*>(std::aligned_alloc(4096, bytes)));
            if (memory == nullptr) throw std::bad_alloc();
            size = n;
        }
        return memory.get();
    }
};

thread_local Scratch scratch_a;
thread_local Scratch scratch_b;

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
    return p;
}

const float* a_at(const Gemm& g, int64_t i, int64_t l) {
    return g.a + (g.trans_a ? l * g.lda + i : i * g.lda + l);
}

const float* b_at(const Gemm& g, int64_t l, int64_t j) {
    return g.b + (g.trans_b ? j * g.ldb + l : l * g.ldb + j);
}

void add_bias(const Gemm& g, int64_t row, int64_t rows, int64_t col, int64_t cols) {
    if (g.bias == nullptr) return;
    for (int64_t i = row; i < row + rows; ++i) {
        float* c = g.c + i * g.ldc + col;
        kernels().add(cols, c, g.bias + col, c);
    }
}

// Room for n rows (columns) of up to kBlock numbers in panels of `width`.
int64_t packed_size(int64_t n, int64_t width) {
    return (n + width - 1) / width * (kBlock * width + kPanelGap);
}

float* panel(float* packed, int64_t index, int64_t depth, int64_t width) {
    return packed + index * (depth * width + kPanelGap);
}

// Few rows: B is read once, so it is used where it lies, or, if it is stored the
// other way round, is transposed one narrow panel at a time.
void few_rows(const Gemm& g) {
    const Kernels& table = kernels();
    const int64_t row_a = g.trans_a ? 1 : g.lda;
    const int64_t col_a = g.trans_a ? g.lda : 1;
    if (!g.trans_b) {
        for (int64_t l = 0; l < g.k; l += kBlock) {
            table.tile(g.m, g.n, std::min(kBlock, g.k - l), a_at(g, 0, l), row_a, col_a,
                       b_at(g, l, 0), g.ldb, g.c, g.ldc, g.accumulate || l > 0);
        }
    } else {
        float* packed = scratch_b.get(kBlock * table.nr + kPanelGap);
        for (int64_t j = 0; j < g.n; j += table.nr) {
            const int cols = static_cast<int>(std::min<int64_t>(table.nr, g.n - j));
            for (int64_t l = 0; l < g.k; l += kBlock) {
                const int64_t depth = std::min(kBlock, g.k - l);
                table.pack_transposed(depth, b_at(g, l, j), g.ldb, cols, table.nr, packed);
                table.tile(g.m, cols, depth, a_at(g, 0, l), row_a, col_a, packed, table.nr, g.c + j,
                           g.ldc, g.accumulate || l > 0);
            }
        }
    }
    add_bias(g, 0, g.m, 0, g.n);
}

// What will be packed next, fetched into the caches a few lines at a time while the
// micro-kernel computes. It pays for operands packed row by row: a transposed one is
// read in so many runs at once that the processor keeps up by itself.
struct Ahead {
    const float* next = nullptr;
    int64_t ld = 0;
    int64_t rows = 0; // still to come
    int64_t length = 0;

    void fetch() {
        for (int64_t lines = 0; lines < 64 && rows > 0; lines += (length + 15) / 16) {
            for (int64_t i = 0; i < length; i += 16) __builtin_prefetch(next + i, 0, 2);
            next += ld;
            --rows;
        }
    }
};

// Many rows, one thread. From the outside in: columns by nc (the packed block of B
// stays in the outer caches), K by kBlock, rows by mc (the packed block of A stays
// in L2), then tiles of mr x nr numbers of C that live in registers.
void many_rows(const Gemm& g) {
    const Kernels& table = kernels();
    const int64_t mr = table.mr;
    const int64_t nr = table.nr;
    const int64_t mc = std::max<int64_t>(1, cpu().l2 / 4 / (4 * kBlock) / mr) * mr;
    const int64_t nc = round_up(std::clamp<int64_t>(cpu().l3 / 4 / (4 * kBlock), 512, 2048), nr);
    float* packed_a = scratch_a.get(packed_size(std::min(mc, g.m), mr));
    float* packed_b = scratch_b.get(packed_size(std::min(nc, g.n), nr));
    const auto pack_a = g.trans_a ? table.pack_straight : table.pack_transposed;
    const auto pack_b = g.trans_b ? table.pack_transposed : table.pack_straight;

    for (int64_t jc = 0; jc < g.n; jc += nc) {
        const int64_t cols = std::min(nc, g.n - jc);
        for (int64_t l = 0; l < g.k; l += kBlock) {
            const int64_t depth = std::min(kBlock, g.k - l);
            const bool add_to_c = g.accumulate || l > 0;
            const bool last = l + depth == g.k;
            for (int64_t ic = 0; ic < g.m; ic += mc) {
                const int64_t rows = std::min(mc, g.m - ic);
                pack_a(depth, a_at(g, ic, l), g.lda, rows, table.mr, packed_a);
                Ahead next_a;
                Ahead next_b;
                if (g.trans_a && ic + rows < g.m) {
                    next_a = {a_at(g, ic + rows, l), g.lda, depth, std::min(mc, g.m - ic - rows)};
                } else if (g.trans_a && !last) {
                    const int64_t next_depth = std::min(kBlock, g.k - l - depth);
                    next_a = {a_at(g, 0, l + depth), g.lda, next_depth, std::min(mc, g.m)};
                }
                for (int64_t j = 0; j < cols; j += nr) {
                    if (ic == 0 && j % kPackTogether == 0) {
                        const int64_t now = std::min(kPackTogether, cols - j);
                        pack_b(depth, b_at(g, l, jc + j), g.ldb, now, table.nr,
                               panel(packed_b, j / nr, depth, nr));
                        const int64_t then = std::min(kPackTogether, cols - j - now);
                        if (!g.trans_b && then > 0) {
                            next_b = {b_at(g, l, jc + j + now), g.ldb, depth, then};
                        }
                    }
                    const int width = static_cast<int>(std::min(nr, cols - j));
                    const float* b = panel(packed_b, j / nr, depth, nr);
                    for (int64_t i = 0; i < rows; i += mr) {
                        next_a.fetch();
                        next_b.fetch();
                        table.micro(depth, panel(packed_a, i / mr, depth, mr), b,
                                    g.c + (ic + i) * g.ldc + jc + j, g.ldc,
                                    static_cast<int>(std::min(mr, rows - i)), width, add_to_c);
                    }
                    if (last) add_bias(g, ic, rows, jc + j, width);
                }
            }
        }
    }
}

void one_thread(const Gemm& g) {
    if (g.m <= kFewRows) {
        few_rows(g);
    } else {
        many_rows(g);
    }
}

// K = 0: the empty sum.
void no_products(const Gemm& g) {
    for (int64_t i = 0; i < g.m; ++i) {
        float* c = g.c + i * g.ldc;
        if (!g.accumulate) std::fill(c, c + g.n, 0.0f);
    }
    add_bias(g, 0, g.m, 0, g.n);
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
        add_bias(p, 0, p.m, 0, p.n);
    });
}
#endif

} // namespace

void gemm(const Gemm& g) {
    if (g.m <= 0 || g.n <= 0) return;
    if (g.k <= 0) return no_products(g);
#ifdef QSTAR_OPENBLAS
    if (gemm_is_openblas()) return openblas(g);
#endif
    const int64_t workers = threads();
    if (workers == 1 || g.m * g.n * g.k < kAloneWork) return one_thread(g);

    // A piece of C for each thread, or a few where they are still large, along the
    // longer side. An element's bytes do not depend on its piece.
    const bool by_rows = g.m >= g.n;
    const int64_t step = by_rows ? kernels().mr : kernels().nr;
    const int64_t length = by_rows ? g.m : g.n;
    const int64_t pieces = length >= 2048 * workers ? 2 * workers : workers;
    const int64_t grain = round_up((length + pieces - 1) / pieces, step);
    parallel_for(length, grain, [&](int64_t begin, int64_t end) {
        one_thread(by_rows ? part(g, begin, end - begin, 0, g.n)
                           : part(g, 0, g.m, begin, end - begin));
    });
}

void gemm_naive(const Gemm& g) {
    for (int64_t i = 0; i < g.m; ++i) {
        for (int64_t j = 0; j < g.n; ++j) {
            float sum = 0;
            for (int64_t l = 0; l < g.k; ++l) sum = std::fma(*a_at(g, i, l), *b_at(g, l, j), sum);
            float& c = g.c[i * g.ldc + j];
            c = (g.accumulate ? c + sum : sum) + (g.bias == nullptr ? 0.0f : g.bias[j]);
        }
    }
}

} // namespace qstar::engine
