#pragma once
// The matrix kernels over a vector type V. avx2.cpp and avx512.cpp define V and
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

// C(R, N vectors) = A B [+ C]. A's number (i, l) is a[i*row_a + l*col_a], B's row l
// stands at b + l*ldb. Of the last vector only `tail` lanes are there: they are the
// ones stored, and, when kMaskB, the ones read from B.
template <class V, int R, int N, bool kMaskB>
void block(int64_t k, const float* a, int64_t row_a, int64_t col_a, const float* b, int64_t ldb,
           float* c, int64_t ldc, int tail, bool accumulate) {
    using F = typename V::Type;
    const typename V::Mask mask = V::mask(tail);
    F sum[R][N];
    V::template unroll<R>(
        [&](auto i) { V::template unroll<N>([&](auto j) { sum[i()][j()] = V::zero(); }); });
    for (int64_t l = 0; l < k; ++l) {
        F row[N];
        V::template unroll<N>([&](auto j) {
            if constexpr (kMaskB && j() == N - 1) {
                row[j()] = V::load(b + j() * V::lanes, mask);
            } else {
                row[j()] = V::load(b + j() * V::lanes);
            }
        });
        V::template unroll<R>([&](auto i) {
            const F x = V::set(a[i() * row_a]);
            V::template unroll<N>(
                [&](auto j) { sum[i()][j()] = V::fma(x, row[j()], sum[i()][j()]); });
        });
        a += col_a;
        b += ldb;
    }
    V::template unroll<R>([&](auto i) {
        V::template unroll<N>([&](auto j) {
            float* out = c + i() * ldc + j() * V::lanes;
            F x = sum[i()][j()];
            if (j() < N - 1 || tail == V::lanes) {
                V::store(out, accumulate ? V::add(V::load(out), x) : x);
            } else {
                V::store(out, accumulate ? V::add(V::load(out, mask), x) : x, mask);
            }
        });
    });
}

// Calls block for a number of rows known only at run time, 1 to R.
template <class V, int R, int N, bool kMaskB>
void block_of(int rows, int64_t k, const float* a, int64_t row_a, int64_t col_a, const float* b,
              int64_t ldb, float* c, int64_t ldc, int tail, bool accumulate) {
    if (rows == R) {
        block<V, R, N, kMaskB>(k, a, row_a, col_a, b, ldb, c, ldc, tail, accumulate);
    } else if constexpr (R > 1) {
        block_of<V, R - 1, N, kMaskB>(rows, k, a, row_a, col_a, b, ldb, c, ldc, tail, accumulate);
    }
}

// --- packed: the micro-kernel of the blocked product -------------------------------------

template <class V>
void micro(int64_t k, const float* a, const float* b, float* c, int64_t ldc, int rows, int cols,
           bool accumulate) {
    constexpr int kWidth = 2 * V::lanes;
    // C is needed only after k steps: let it come in the meantime.
    for (int i = 0; i < rows; ++i) {
        V::prefetch(c + i * ldc);
        V::prefetch(c + i * ldc + cols - 1);
    }
    if (cols > V::lanes) {
        block_of<V, V::rows, 2, false>(rows, k, a, 1, V::rows, b, kWidth, c, ldc, cols - V::lanes,
                                       accumulate);
    } else {
        block_of<V, V::rows, 1, false>(rows, k, a, 1, V::rows, b, kWidth, c, ldc, cols, accumulate);
    }
}

// --- unpacked: small products ----------------------------------------------------------

// All rows of a strip of columns, R at a time.
template <class V, int R, int N>
void strip(int64_t m, int64_t k, const float* a, int64_t row_a, int64_t col_a, const float* b,
           int64_t ldb, float* c, int64_t ldc, int tail, bool accumulate) {
    for (int64_t i = 0; i < m; i += R) {
        const int rows = static_cast<int>(m - i < R ? m - i : R);
        if (tail == V::lanes) {
            block_of<V, R, N, false>(rows, k, a + i * row_a, row_a, col_a, b, ldb, c + i * ldc, ldc,
                                     tail, accumulate);
        } else {
            block_of<V, R, N, true>(rows, k, a + i * row_a, row_a, col_a, b, ldb, c + i * ldc, ldc,
                                    tail, accumulate);
        }
    }
}

template <class V>
void tile(int64_t m, int64_t n, int64_t k, const float* a, int64_t row_a, int64_t col_a,
          const float* b, int64_t ldb, float* c, int64_t ldc, bool accumulate) {
    constexpr int kWide = V::tile_vectors; // with tile_rows rows; twice that with 1 or 2 rows
    constexpr int kRows = V::tile_rows;
    int64_t j = 0;
    while (j < n) {
        const int64_t vectors = (n - j + V::lanes - 1) / V::lanes;
        const auto go = [&](auto width, auto run) {
            const int64_t left = n - j - (width() - 1) * V::lanes;
            const int tail = static_cast<int>(left < V::lanes ? left : V::lanes);
            run(m, k, a, row_a, col_a, b + j, ldb, c + j, ldc, tail, accumulate);
            j += width() * V::lanes;
        };
        if (m <= 2 && vectors >= 2 * kWide) {
            go(typename V::template Index<2 * kWide>(), strip<V, 2, 2 * kWide>);
        } else if (vectors >= kWide) {
            go(typename V::template Index<kWide>(), strip<V, kRows, kWide>);
        } else if (vectors >= 2) {
            go(typename V::template Index<2>(), strip<V, kRows, 2>);
        } else {
            go(typename V::template Index<1>(), strip<V, kRows, 1>);
        }
    }
}

// --- packing ------------------------------------------------------------------------------

// Whole panels side by side: the rows of x are read in long runs, which is what the
// processor's prefetching wants. A panel is N vectors wide, the last one perhaps in part.
template <class V, int N>
void copy_panels(int64_t k, const float* x, int64_t ldx, int64_t panels, int width, float* out) {
    const int64_t stride = k * width + kPanelGap;
    const int tail = width - (N - 1) * V::lanes;
    const auto mask = V::mask(tail);
    for (int64_t l = 0; l < k; ++l) {
        const float* from = x + l * ldx;
        float* to = out + l * width;
        for (int64_t p = 0; p < panels; ++p) {
            V::template unroll<N - 1>(
                [&](auto j) { V::store(to + j() * V::lanes, V::load(from + j() * V::lanes)); });
            // Lanes beyond `width` are overwritten by the next row or fall into the gap.
            const float* last = from + (N - 1) * V::lanes;
            V::store(to + (N - 1) * V::lanes,
                     tail == V::lanes ? V::load(last) : V::load(last, mask));
            from += width;
            to += stride;
        }
    }
}

// The last panel, of which fewer columns than `width` are there.
template <class V>
void copy_part(int64_t k, const float* x, int64_t ldx, int count, int width, float* out) {
    for (int from = 0; from < width; from += V::lanes) {
        const int there = count - from;
        const auto mask = V::mask(there < 0 ? 0 : there < V::lanes ? there : V::lanes);
        for (int64_t l = 0; l < k; ++l) {
            V::store(out + l * width + from,
                     there > 0 ? V::load(x + l * ldx + from, mask) : V::zero());
        }
    }
}

template <class V>
void pack_straight(int64_t k, const float* x, int64_t ldx, int64_t count, int width, float* out) {
    constexpr int64_t kTogether = 128; // columns, 512 bytes
    const int64_t stride = k * width + kPanelGap;
    const int64_t group = kTogether / width;
    const int64_t panels = count / width;
    for (int64_t p = 0; p < panels; p += group) {
        const int64_t now = panels - p < group ? panels - p : group;
        if (width > V::lanes) {
            copy_panels<V, 2>(k, x + p * width, ldx, now, width, out + p * stride);
        } else {
            copy_panels<V, 1>(k, x + p * width, ldx, now, width, out + p * stride);
        }
    }
    const int rest = static_cast<int>(count - panels * width);
    if (rest > 0) {
        copy_part<V>(k, x + panels * width, ldx, rest, width, out + panels * stride);
    }
}

// R rows of x become R lanes of k vectors, 4 columns at a time.
template <class V, int R>
void transpose_rows(int64_t k, const float* x, int64_t ldx, int width, float* out) {
    int64_t l = 0;
    for (; l + 4 <= k; l += 4) {
        if (l % 16 == 0) { // the same columns of the next panel, a cache line of each row
            for (int i = 0; i < R; ++i) V::prefetch(x + (R + i) * ldx + l);
        }
        typename V::Type column[4];
        V::template transpose<R>(x + l, ldx, column);
        for (int j = 0; j < 4; ++j) V::store(out + (l + j) * width, column[j]);
    }
    for (; l < k; ++l) {
        for (int i = 0; i < R; ++i) out[l * width + i] = x[i * ldx + l];
    }
}

template <class V>
void transpose_panel(int64_t k, const float* x, int64_t ldx, int count, int width, float* out) {
    for (int from = 0; from < width; from += V::lanes) {
        const int lanes = width - from < V::lanes ? width - from : V::lanes;
        const int there = count - from < lanes ? count - from : lanes;
        const float* rows = x + from * ldx;
        if (there == V::lanes) {
            transpose_rows<V, V::lanes>(k, rows, ldx, width, out + from);
        } else if (there == V::rows && there == lanes) {
            transpose_rows<V, V::rows>(k, rows, ldx, width, out + from);
        } else {
            for (int64_t l = 0; l < k; ++l) {
                for (int i = 0; i < lanes; ++i) {
                    out[l * width + from + i] = i < there ? rows[i * ldx + l] : 0.0f;
                }
            }
        }
    }
}

template <class V>
void pack_transposed(int64_t k, const float* x, int64_t ldx, int64_t count, int width, float* out) {
    for (int64_t i = 0; i < count; i += width) {
        const int there = static_cast<int>(count - i < width ? count - i : width);
        transpose_panel<V>(k, x + i * ldx, ldx, there, width, out);
        out += k * width + kPanelGap;
    }
}

} // namespace
} // namespace qstar::engine
