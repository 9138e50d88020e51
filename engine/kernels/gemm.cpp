// The blocking around the micro-kernel, and the threads around the blocking.

#include "engine/kernels/gemm.h"

#include "engine/base/cpu.h"
#include "engine/base/openblas.h"
#include "engine/base/parallel.h"
#include "engine/base/scratch.h"
#include "engine/kernels/kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace qstar::engine {

namespace {

// One thread does it alone below this (multiply-adds): waking another costs more.
constexpr int64_t kAloneWork = 1 << 20;

// A piece of work that a thread takes at a time has about this many multiply-adds, and so many
// rows or columns if they are there: each piece packs the whole of the other operand again.
constexpr int64_t kPieceWork = 1 << 23;
constexpr int64_t kPieceSide = 256;

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

// The height of the next strip, when so many rows are left: mr, but at the end rather two of
// middling height than a full one and a sliver.
int64_t strip_height(int64_t left, int64_t mr) {
    return left > mr && left < mr + mr / 3 ? mr - mr / 3 : std::min(mr, left);
}

// Strips of A (mr rows, depth columns) as the micro-kernel reads them. Mostly that is where
// they lie. Rows a multiple of 2 KiB apart would fight for the same few places of L1: they
// are copied together. A transposed A is packed, several strips at a time: a row of it is
// then read in a long run, and its page looked up once for all of them.
class Strips {
  public:
    Strips(const Gemm& g, const Kernels& table, int64_t kc)
        : g_(g), table_(table), copied_(!g.trans_a && g.lda % 512 == 0 && g.n > table.nr),
          memory_(scratch_a.get(std::max(kTogether * packed_size(kc), table.mr * copied_lda(kc)))) {
    }

    // Rows [row, row + rows) for the terms [l, l + depth), which are asked for from row 0 on.
    void make_ready(int64_t row, int64_t rows, int64_t l, int64_t depth) {
        if (copied_) {
            for (int64_t i = 0; i < rows; ++i) {
                std::memcpy(memory_ + i * copied_lda(depth), a_at(g_, row + i, l),
                            static_cast<size_t>(depth) * sizeof(float));
            }
        } else if (g_.trans_a && (row == 0 || row >= packed_end_)) {
            int64_t strips = 1;
            packed_begin_ = row;
            packed_end_ = row + rows;
            while (rows == table_.mr && strips < kTogether &&
                   strip_height(g_.m - packed_end_, rows) == rows) {
                packed_end_ += rows;
                ++strips;
            }
            table_.pack_columns(depth, a_at(g_, row, l), g_.lda, strips, rows, packed_size(depth),
                                memory_);
        }
    }

    // Lets the tile read the strip that begins at `row`, from term l + p on.
    void place(Tile& t, int64_t row, int64_t l, int64_t depth, int64_t p) const {
        if (copied_) {
            t.a = memory_ + p;
            t.stride_a = copied_lda(depth);
        } else if (g_.trans_a) {
            const int64_t strip = (row - packed_begin_) / table_.mr;
            t.a = memory_ + strip * packed_size(depth) + p * table_.mr_packed;
            t.stride_a = table_.mr_packed;
        } else {
            t.a = a_at(g_, row, l + p);
        }
    }

  private:
    static constexpr int64_t kTogether = 32;
    // Distances of rows, and of strips, are no powers of two.
    static int64_t copied_lda(int64_t depth) { return round_up(depth, 16) + 16; }
    int64_t packed_size(int64_t depth) const { return round_up(depth * table_.mr_packed, 16) + 16; }

    const Gemm& g_;
    const Kernels& table_;
    bool copied_;
    float* memory_;
    int64_t packed_begin_ = 0, packed_end_ = 0;
};

// Rows of B that are read where they lie before the next panel's turn comes: as many as the
// processor remembers the pages of, since each may lie on one of its own.
constexpr int64_t kPages = 64;

// Many rows, one thread. From the outside in: columns by nc and K by kc (a packed block
// of B, which stays in L2), rows by mr (a strip of A, which mostly stays in L1), columns
// by nr: then a tile of C that lives in registers.
void many_rows(const Gemm& g) {
    const Kernels& table = kernels();
    const int64_t mr = table.mr;
    const int64_t nr = table.nr;
    // A packed strip of A shares L1 with the panels of B; rows of A where they lie may be deeper.
    const int64_t deep = cpu().l1d / (g.trans_a ? 192 : 96);
    const int64_t kc = even_part(g.k, std::clamp<int64_t>(deep, 256, 1024), 8);
    const int64_t nc = even_part(g.n, std::max(nr, cpu().l2 / 8 / kc), nr);
    float* packed_b = scratch_b.get(kc * nc);
    Strips strips(g, table, kc);

    // The strip of rows [i, i + rows), along all panels, for a piece of the terms of a block.
    struct Block {
        Gemm columns; // the part of the product that has the block's columns
        int64_t l, depth;
    };
    const auto along = [&](const Block& block, int64_t i, int64_t rows, int64_t p, int64_t piece) {
        const Gemm& columns = block.columns;
        const int64_t cols = columns.n;
        Tile t = terms(columns, block.l + p, piece);
        t.rows = rows;
        t.c += i * g.ldc;
        strips.place(t, i, block.l, block.depth, p);
        // What each tile fetches of the rows of the next strip of A.
        const int64_t share = round_up((piece * nr + cols - 1) / cols, 16);
        if (!g.trans_a && g.m - i > rows) {
            t.next_a = a_at(g, i + rows, block.l + p);
            t.next_lda = g.lda;
            t.next_length = share;
        }
        for (int64_t j = 0; j < cols; j += nr) {
            t.cols = std::min(nr, cols - j);
            float* panel = packed_b + j * block.depth + p * nr;
            if (i == 0 && !g.trans_b) {
                t.b = b_at(columns, block.l + p, j);
                t.keep_b = panel; // packed by the kernel, as it reads
            } else {
                t.b = panel;
                t.ldb = nr;
            }
            t.next_c = j + nr < cols ? t.c + nr : columns.c + (i + rows) * g.ldc;
            table.micro(t);
            t.c += nr;
            t.next_a += share;
            if (t.bias != nullptr) t.bias += nr;
        }
    };

    for (int64_t jc = 0; jc < g.n; jc += nc) {
        const int64_t cols = std::min(nc, g.n - jc);
        Block block{part(g, 0, g.m, jc, cols), 0, 0};
        for (; block.l < g.k; block.l += kc) {
            block.depth = std::min(kc, g.k - block.l);
            if (g.trans_b) {
                table.pack_transposed(block.depth, b_at(block.columns, block.l, 0), g.ldb, cols,
                                      table.nr, packed_b);
            }
            int64_t rows = 0;
            for (int64_t i = 0; i < g.m; i += rows) {
                rows = strip_height(g.m - i, mr);
                strips.make_ready(i, rows, block.l, block.depth);
                const int64_t piece = i == 0 && !g.trans_b ? kPages : block.depth;
                for (int64_t p = 0; p < block.depth; p += piece)
                    along(block, i, rows, p, std::min(piece, block.depth - p));
                if (block.l + block.depth == g.k) finish(block.columns, i, rows, 0, cols);
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

// OpenBLAS on one thread for each piece of C; the pieces depend on the sizes alone.
void openblas(const Gemm& g) {
    static const bool once = [] {
        set_openblas_threads(1);
        return true;
    }();
    static_cast<void>(once);
    const bool by_rows = g.m >= g.n;
    parallel_for(by_rows ? g.m : g.n, 256, [&](int64_t begin, int64_t end) {
        const Gemm p =
            by_rows ? part(g, begin, end - begin, 0, g.n) : part(g, 0, g.m, begin, end - begin);
        openblas_sgemm(p.trans_a, p.trans_b, p.m, p.n, p.k, p.a, p.lda, p.b, p.ldb,
                       p.accumulate ? 1.0f : 0.0f, p.c, p.ldc);
        for (int64_t i = 0; i < p.m && p.bias != nullptr; ++i) {
            kernels().add(p.n, p.c + i * p.ldc, p.bias, p.c + i * p.ldc);
        }
        finish(p, 0, p.m, 0, p.n);
    });
}

// Cuts a side into pieces for the threads: at least one each, more where the work is
// large, so that a thread that is held up is helped out. Returns a piece's length.
int64_t piece_length(const Gemm& g, int64_t side, int64_t step, int64_t workers) {
    const int64_t most = std::min(g.m * g.n * g.k / kPieceWork, side / kPieceSide) / workers;
    const int64_t rounds = std::clamp<int64_t>(most, 1, 8);
    return std::min(side,
                    even_part(side, (side + workers * rounds - 1) / (workers * rounds), step));
}

} // namespace

void gemm(const Gemm& g) {
    if (g.m <= 0 || g.n <= 0) return;
    if (g.k <= 0) return empty_sum(g);
    if (gemm_is_openblas()) return openblas(g);
    const int64_t workers = free_threads();
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
