#pragma once
// The matrix kernels over a vector type V. avx2.cpp, avx512.cpp and neon.cpp define V and
// alone include this; everything has internal linkage, so each of them keeps its
// own copies, compiled with its own flags.
//
// Loops over registers are unrolled through template arguments (V::unroll), so
// that the accumulators really live in registers.

#include "engine/kernels/kernels.h"

#include <stdint.h>

namespace qstar::engine {
namespace {

// --- a block of C in registers ------------------------------------------------------

// How A's number (i, l) is reached. Of two strides known only at run time a loop would
// need more registers for addresses than there are.
enum class Along {
    rows,   // a[i * stride + l]: rows of A as they lie
    columns // a[l * stride + i]: columns of A, packed or transposed
};

// Keeps the compiler from holding pointers in vectors or in memory, and from reading for a later
// term while registers are full with this one's.
inline void in_register(const float*& p) { asm("" : "+r"(p)); }

constexpr int64_t kAhead = 8; // rows of B fetched into the first-level cache before their use

// One block C(R, N vectors) of a tile. Of the last vector `tail` lanes are there: with
// kMask they are the ones read and stored. With kKeep what is read is packed as well.
template <class V, int R, int N, Along kAlong, bool kMask, bool kKeep>
void block(const Tile& tile, int tail) {
    const Tile t = tile; // a copy, which no store through a pointer can change
    using F = typename V::Type;
    constexpr bool kRows = kAlong == Along::rows;
    const typename V::Mask mask = V::mask(tail);
    const auto load = [&](const float* p, auto j) {
        return kMask && j() == N - 1 ? V::load(p + j() * V::kLanes, mask)
                                     : V::load(p + j() * V::kLanes);
    };
    // Of B, from the panel that vector j lies in.
    const int64_t gap = t.panel == 0 ? 0 : t.panel - V::kColumns * V::kLanes;
    const auto load_b = [&](const float* p, auto j) {
        return load(N <= V::kColumns ? p : p + j() / V::kColumns * gap, j);
    };
    const auto store = [&](float* p, auto j, F x) {
        if constexpr (kMask && j() == N - 1) {
            V::store(p + j() * V::kLanes, x, mask);
        } else {
            V::store(p + j() * V::kLanes, x);
        }
    };

    F sum[R][N];
    V::template unroll<R>([&](auto i) {
        V::template unroll<N>(
            [&](auto j) { sum[i()][j()] = t.accumulate ? load(t.c + i() * t.ldc, j) : V::zero(); });
    });
    // Rows in threes: a pointer for each three, and few enough of them for the registers.
    constexpr int kPointers = kRows ? (R + 2) / 3 : 1;
    const float* a[kPointers];
    V::template unroll<kPointers>([&](auto p) { a[p()] = t.a + 3 * p() * t.stride_a; });
    const float* b = t.b;
    float* keep_b = t.keep_b;
    const float* next_c = t.next_c;
    const float* next_a = t.next_a;
    // Term l + u of all sums, with A's pointers at l.
    const auto add_term = [&](auto u) __attribute__((always_inline)) {
        F row[N];
        V::template unroll<N>([&](auto j) { row[j()] = load_b(b, j); });
        if constexpr (kKeep) {
            for (int j = 0; j < N; ++j) V::prefetch(b + kAhead * t.ldb + j * V::kLanes);
        }
        V::template unroll<R>([&](auto i) {
            const F x = V::set(kRows ? a[i() / 3][i() % 3 * t.stride_a + u()] : a[0][i()]);
            V::template unroll<N>(
                [&](auto j) { sum[i()][j()] = V::add_product(sum[i()][j()], x, row[j()]); });
        });
        if constexpr (kKeep) {
            V::template unroll<N>([&](auto j) { V::store(keep_b + j() * V::kLanes, row[j()]); });
            keep_b += V::kColumns * V::kLanes;
            V::prefetch_far(b + N * V::kLanes);
            V::prefetch_far(b + (2 * N - 1) * V::kLanes);
        }
        b += t.ldb;
        in_register(b);
        if constexpr (!kRows) a[0] += t.stride_a;
        V::template unroll<kPointers>([&](auto p) { in_register(a[p()]); });
    };
    const auto pass_terms = [&](int64_t n) __attribute__((always_inline)) {
        if constexpr (kRows) V::template unroll<kPointers>([&](auto p) { a[p()] += n; });
    };
    constexpr int kSteps = kKeep || R * N < 8 ? 1 : V::kSteps;
    const int64_t whole = t.k / kSteps * kSteps;
    // The next rows are fetched one after the other in the first half: all at once, they would
    // hold up B. Where terms are few, so is what is fetched: each look costs as much as a term.
    const int64_t stretch = (t.k / (2 * R) + kSteps) / kSteps * kSteps;
    const int64_t every = stretch < 16 ? 16 : stretch;
    int64_t l = 0;
    for (int fetched = 1; l < whole; ++fetched) {
        for (int j = 0; j < N; ++j) V::prefetch(next_c + j * V::kLanes);
        for (int64_t j = 0; j < t.next_length; j += 16) V::prefetch_far(next_a + j);
        next_c += t.ldc;
        next_a += t.next_lda;
        const int64_t until = fetched < R && l + every < whole ? l + every : whole;
        for (; l < until; l += kSteps) {
            V::template unroll<kSteps>(add_term);
            pass_terms(kSteps);
        }
    }
    if constexpr (kSteps > 1) {
        for (; l < t.k; ++l) {
            add_term(typename V::template Index<0>());
            pass_terms(1);
        }
    }

    if (t.bias != nullptr) {
        V::template unroll<N>([&](auto j) {
            const F x = load(t.bias, j);
            V::template unroll<R>([&](auto i) { sum[i()][j()] = V::add(sum[i()][j()], x); });
        });
    }
    V::template unroll<R>([&](auto i) {
        V::template unroll<N>([&](auto j) { store(t.c + i() * t.ldc, j, sum[i()][j()]); });
    });
}

// Calls block for a number of rows known only at run time, 1 to R.
template <class V, int R, int N, Along kAlong, bool kMask>
void block_of(const Tile& t, int tail) {
    if (t.rows == R) {
        block<V, R, N, kAlong, kMask, false>(t, tail);
    } else if constexpr (R > 1) {
        block_of<V, R - 1, N, kAlong, true>(t, tail);
    }
}

// A tile of up to R rows and exactly N vectors, the last perhaps in part.
template <class V, int R, int N>
void block_at(const Tile& t, int cols) {
    const int tail = cols - (N - 1) * V::kLanes;
    const auto run = [&](auto along, auto masked) {
        constexpr Along kAlong = along() ? Along::rows : Along::columns;
        if constexpr (R == V::kRows) {
            if (t.keep_b != nullptr) {
                return block<V, R, N, kAlong, masked() != 0, true>(t, tail);
            }
        }
        block_of<V, R, N, kAlong, masked() != 0>(t, tail);
    };
    using No = typename V::template Index<0>;
    using Yes = typename V::template Index<1>;
    if (tail == V::kLanes) {
        t.a_in_rows ? run(Yes(), No()) : run(No(), No());
    } else {
        t.a_in_rows ? run(Yes(), Yes()) : run(No(), Yes());
    }
}

template <class V>
void micro(const Tile& t) {
    if (t.cols > V::kLanes) {
        block_at<V, V::kRows, 2>(t, t.cols);
    } else {
        block_at<V, V::kRows, 1>(t, t.cols);
    }
}

// --- products of any size, B where it lies ----------------------------------------------

// All rows of a strip of N vectors of columns, R rows at a time.
template <class V, int R, int N>
void strip(const Tile& t, int64_t col, int64_t cols) {
    Tile piece = t;
    piece.b += t.panel == 0 ? col : col / (V::kColumns * V::kLanes) * t.panel;
    piece.c += col;
    if (t.bias != nullptr) piece.bias += col;
    piece.cols = static_cast<int>(cols);
    for (int64_t i = 0; i < t.rows; i += R) {
        piece.rows = t.rows - i < R ? t.rows - i : R;
        piece.a = t.a + i * (t.a_in_rows ? t.stride_a : 1);
        piece.c = t.c + col + i * t.ldc;
        piece.next_c = piece.c + R * t.ldc;
        block_at<V, R, N>(piece, piece.cols);
    }
}

template <class V, int R, int N>
bool wide_enough(const Tile& t, int64_t left) {
    return t.rows <= R && left > (N - 1) * V::kLanes;
}

// Few rows leave registers free: the block is made wider, for longer runs of B and more
// sums that do not wait for each other.
template <class V>
void strips(const Tile& t) {
    constexpr int kWide = V::kWideColumns;
    for (int64_t j = 0; j < t.cols;) {
        const int64_t left = t.cols - j;
        const auto go = [&](auto width, auto run) {
            const int64_t cols = width() * V::kLanes < left ? width() * V::kLanes : left;
            run(t, j, cols);
            j += cols;
        };
        if (wide_enough<V, 1, 4 * kWide>(t, left)) {
            go(typename V::template Index<4 * kWide>(), strip<V, 1, 4 * kWide>);
        } else if (wide_enough<V, 2, 2 * kWide>(t, left)) {
            go(typename V::template Index<2 * kWide>(), strip<V, 2, 2 * kWide>);
        } else if (wide_enough<V, V::kWideRows, kWide>(t, left)) {
            go(typename V::template Index<kWide>(), strip<V, V::kWideRows, kWide>);
        } else if (left > V::kLanes) {
            go(typename V::template Index<2>(), strip<V, V::kRows, 2>);
        } else {
            go(typename V::template Index<1>(), strip<V, V::kRows, 1>);
        }
    }
}

// One row of C, R terms of each of its sums: R rows of B are read as they lie, C stays in
// the first-level cache meanwhile.
template <class V, int R>
void one_row(const Tile& t, int64_t l) {
    const int64_t step = t.a_in_rows ? 1 : t.stride_a;
    typename V::Type x[R];
    V::template unroll<R>([&](auto r) { x[r()] = V::set(t.a[(l + r()) * step]); });
    const float* b = t.b + l * t.ldb;
    const float* bias = l + R == t.k ? t.bias : nullptr;
    const bool fresh = l == 0 && !t.accumulate;
    const auto sums = [&](int64_t j, auto load, auto store) {
        auto sum = fresh ? V::zero() : load(t.c + j);
        V::template unroll<R>(
            [&](auto r) { sum = V::fma(x[r()], load(b + r() * t.ldb + j), sum); });
        store(t.c + j, bias == nullptr ? sum : V::add(sum, load(bias + j)));
    };
    int64_t j = 0;
    for (; j + V::kLanes <= t.cols; j += V::kLanes) {
        sums(
            j, [](const float* p) { return V::load(p); },
            [](float* p, typename V::Type v) { V::store(p, v); });
    }
    if (j == t.cols) return;
    const typename V::Mask mask = V::mask(static_cast<int>(t.cols - j));
    sums(
        j, [&](const float* p) { return V::load(p, mask); },
        [&](float* p, typename V::Type v) { V::store(p, v, mask); });
}

template <class V>
void small(const Tile& t) {
    const bool wide = t.cols > 4 * V::kWideColumns * V::kLanes;
    if (t.rows != 1 || !wide || t.panel != 0 || t.k == 0) return strips<V>(t);
    // One row waits for B alone, which comes fastest when it is read as it lies in memory.
    constexpr int kTogether = 8;
    int64_t l = 0;
    for (; l + kTogether <= t.k; l += kTogether) one_row<V, kTogether>(t, l);
    for (; l < t.k; ++l) one_row<V, 1>(t, l);
}

// --- packing ------------------------------------------------------------------------------

template <class V>
void pack_transposed(int64_t k, const float* x, int64_t ldx, int64_t count, int width, float* out) {
    constexpr int kLanes = V::kLanes;
    for (int64_t first = 0; first < count; first += width, out += k * width) {
        for (int from = 0; from < width; from += kLanes) {
            const float* rows = x + (first + from) * ldx;
            const int64_t there = count - first - from;
            for (int64_t l = 0; l < k; l += kLanes) {
                const int columns = static_cast<int>(k - l < kLanes ? k - l : kLanes);
                const auto mask = V::mask(columns);
                typename V::Type square[kLanes];
                V::template unroll<kLanes>([&](auto i) {
                    const float* row = rows + i() * ldx + l;
                    square[i()] = i() < there ? V::load(row, mask) : V::zero();
                    V::prefetch(row + kLanes);
                });
                V::transpose(square);
                V::template unroll<kLanes>([&](auto i) {
                    if (i() < columns) V::store(out + (l + i()) * width + from, square[i()]);
                });
            }
        }
    }
}

template <class V>
void pack_columns(int64_t k, const float* x, int64_t ldx, int64_t strips, int64_t rows,
                  int64_t distance, float* out) {
    const auto mask = V::mask(static_cast<int>(rows));
    for (int64_t l = 0; l < k; ++l) {
        const float* row = x + l * ldx;
        for (int64_t j = 0; j < strips * rows; j += 16) V::prefetch(row + kAhead * ldx + j);
        for (int64_t s = 0; s < strips; ++s)
            V::store(out + s * distance + l * V::kLanes, V::load(row + s * rows, mask));
    }
}

// --- the table ------------------------------------------------------------------------------

// Columns of A are packed with P, which has V::rows lanes or more.
template <class V, class P = V>
constexpr void enter_products(Kernels& table) {
    static_assert(V::kRows <= P::kLanes);
    table.mr = V::kRows;
    table.nr = V::kColumns * V::kLanes;
    table.mr_packed = P::kLanes;
    table.micro = micro<V>;
    table.small = small<V>;
    table.pack_transposed = pack_transposed<V>;
    table.pack_columns = pack_columns<P>;
}

} // namespace
} // namespace qstar::engine
