// The matrix kernels of each table against the scalar twin: any size, any strides,
// operands that touch forbidden pages.

#include "engine/base/cpu.h"
#include "engine/base/random.h"
#include "engine/kernels/kernels.h"
#include "tests/engine/fenced.h"
#include "tests/engine/tables.h"

#include <cmath>
#include <cstdint>
#include <doctest/doctest.h>
#include <limits>
#include <vector>

using namespace qstar;
using namespace qstar::engine;

namespace {

// A tile with operands of its own, their rows wider apart than they are long.
struct FencedTile {
    Fenced a, b, bias, c;
    Tile t;

    FencedTile(int64_t rows, int64_t cols, int64_t k, bool a_in_rows, bool accumulate,
               bool with_bias, Fenced::Flush flush, Random& random)
        : a(0), b(0), bias(cols, flush), c(0) {
        t.rows = rows;
        t.cols = cols;
        t.k = k;
        t.a_in_rows = a_in_rows;
        t.stride_a = (a_in_rows ? k : rows) + 3;
        t.ldb = cols + 5;
        t.ldc = cols + 2;
        t.accumulate = accumulate;
        a = matrix(a_in_rows ? rows : k, a_in_rows ? k : rows, t.stride_a, flush);
        b = matrix(k, cols, t.ldb, flush);
        c = matrix(rows, cols, t.ldc, flush);
        a.randomize(random);
        b.randomize(random);
        bias.randomize(random);
        c.randomize(random);
        t.a = t.next_a = a.data();
        t.b = b.data();
        t.bias = with_bias ? bias.data() : nullptr;
    }

    static Fenced matrix(int64_t rows, int64_t cols, int64_t ld, Fenced::Flush flush) {
        return Fenced(rows == 0 || cols == 0 ? 0 : (rows - 1) * ld + cols, flush);
    }

    // What the kernel makes of C, which holds poison where it must not be read.
    Fenced run(void (*kernel)(const Tile&), Fenced::Flush flush) {
        Fenced out = matrix(t.rows, t.cols, t.ldc, flush);
        for (int64_t i = 0; i < out.size(); ++i) {
            const bool read = t.accumulate && i % t.ldc < t.cols;
            out[i] = read ? c[i] : kPoison;
        }
        t.c = out.data();
        t.next_c = out.data();
        kernel(t);
        return out;
    }
};

} // namespace

TEST_CASE("small gives the scalar table's bytes for any size and either way through A") {
    Random random(11, "tile");
    for (const Kernels* table : all_tables()) {
        for (const int64_t rows : {0, 1, 2, 3, 5, 6, 7, 13, 14, 15, 37}) {
            for (const int64_t cols : {0, 1, 7, 8, 15, 16, 17, 33, 64, 100, 150, 300}) {
                for (const int64_t k : {0, 1, 19, 64}) {
                    const int flags = static_cast<int>(random.uniform() * 16);
                    CAPTURE(table->name);
                    CAPTURE(rows);
                    CAPTURE(cols);
                    CAPTURE(k);
                    CAPTURE(flags);
                    const auto flush = flags & 8 ? Fenced::Flush::begin : Fenced::Flush::end;
                    FencedTile test(rows, cols, k, flags & 1, flags & 2, flags & 4, flush, random);
                    const Fenced ours = test.run(table->small, flush);
                    const Fenced oracle = test.run(scalar_kernels().small, flush);
                    CHECK(same_numbers(ours.data(), oracle.data(), ours.size()));
                }
            }
        }
    }
}

TEST_CASE("small reads B in panels as it reads it row by row") {
    Random random(15, "tile");
    for (const Kernels* table : all_tables()) {
        const int64_t k = 19, nr = table->nr, distance = k * nr + 7;
        for (const int64_t rows : {1, 2, 3, 6, 7, 14, 15}) {
            for (const int64_t cols : {1, 7, 16, 17, 33, 64, 100, 150, 300}) {
                CAPTURE(table->name);
                CAPTURE(rows);
                CAPTURE(cols);
                const auto flush = cols % 2 ? Fenced::Flush::begin : Fenced::Flush::end;
                FencedTile test(rows, cols, k, true, true, rows % 2 == 1, flush, random);
                const Fenced oracle = test.run(scalar_kernels().small, flush);
                const int64_t panels = (cols + nr - 1) / nr;
                Fenced b((panels - 1) * distance + k * nr, flush, kPoison);
                for (int64_t l = 0; l < k; ++l)
                    for (int64_t j = 0; j < cols; ++j)
                        b[j / nr * distance + l * nr + j % nr] = test.t.b[l * test.t.ldb + j];
                test.t.b = b.data();
                test.t.ldb = nr;
                test.t.panel = distance;
                const Fenced ours = test.run(table->small, flush);
                CHECK(same_numbers(ours.data(), oracle.data(), ours.size()));
            }
        }
    }
}

TEST_CASE("micro gives the scalar table's bytes for every part of a tile") {
    Random random(12, "tile");
    for (const Kernels* table : all_tables()) {
        for (int rows = 1; rows <= table->mr; ++rows) {
            for (int cols = 1; cols <= table->nr; ++cols) {
                for (int flags = 0; flags < 8; ++flags) {
                    CAPTURE(table->name);
                    CAPTURE(rows);
                    CAPTURE(cols);
                    CAPTURE(flags);
                    const auto flush = cols % 2 ? Fenced::Flush::begin : Fenced::Flush::end;
                    FencedTile test(rows, cols, 37, flags & 1, flags & 2, flags & 4, flush, random);
                    const Fenced ours = test.run(table->micro, flush);
                    const Fenced oracle = test.run(scalar_kernels().small, flush);
                    CHECK(same_numbers(ours.data(), oracle.data(), ours.size()));
                }
            }
        }
    }
}

TEST_CASE("what micro keeps of B is what it read") {
    Random random(13, "tile");
    const int64_t k = 21;
    for (const Kernels* table : all_tables()) {
        for (int cols = 1; cols <= table->nr; ++cols) {
            for (const bool a_in_rows : {false, true}) {
                CAPTURE(table->name);
                CAPTURE(cols);
                CAPTURE(a_in_rows);
                FencedTile test(table->mr, cols, k, a_in_rows, false, false, Fenced::Flush::end,
                                random);
                const Fenced oracle = test.run(scalar_kernels().small, Fenced::Flush::end);
                Fenced kept_b(k * table->nr, Fenced::Flush::end, kPoison);
                test.t.keep_b = kept_b.data();
                const Fenced first = test.run(table->micro, Fenced::Flush::end);
                CHECK(same_numbers(first.data(), oracle.data(), first.size()));
                test.t.b = kept_b.data();
                test.t.ldb = table->nr;
                test.t.keep_b = nullptr;
                const Fenced again = test.run(table->micro, Fenced::Flush::end);
                CHECK(same_numbers(again.data(), oracle.data(), again.size()));
            }
        }
    }
}

TEST_CASE("packing transposes into panels and fills up with zeros") {
    Random random(14, "tile");
    for (const Kernels* table : all_tables()) {
        const int width = table->nr;
        for (const int64_t count : {1, 3, 8, 15, 16, 17, 31, 32, 33, 70}) {
            for (const int64_t k : {1, 4, 7, 16, 23, 40}) {
                CAPTURE(table->name);
                CAPTURE(count);
                CAPTURE(k);
                const int64_t ldx = k + 2;
                const auto flush = k % 2 ? Fenced::Flush::begin : Fenced::Flush::end;
                Fenced x((count - 1) * ldx + k, flush);
                x.randomize(random);
                const int64_t panels = (count + width - 1) / width;
                Fenced out(panels * k * width, flush, kPoison);
                table->pack_transposed(k, x.data(), ldx, count, width, out.data());
                int wrong = 0;
                for (int64_t j = 0; j < panels * width; ++j) {
                    for (int64_t l = 0; l < k; ++l) {
                        const float there = out[j / width * k * width + l * width + j % width];
                        wrong += there != (j < count ? x[j * ldx + l] : 0.0f);
                    }
                }
                CHECK(wrong == 0);
            }
        }
    }
}

TEST_CASE("columns are packed into strips, and nothing beside them is read") {
    Random random(15, "tile");
    for (const Kernels* table : all_tables()) {
        for (int64_t rows = 1; rows <= table->mr; ++rows) {
            for (const int64_t strips : {1, 2, 5}) {
                for (const int64_t k : {0, 1, 9}) {
                    CAPTURE(table->name);
                    CAPTURE(rows);
                    CAPTURE(strips);
                    CAPTURE(k);
                    const int64_t ldx = strips * rows + k;
                    const int64_t distance = k * table->mr_packed + 3;
                    const auto flush = rows % 2 ? Fenced::Flush::begin : Fenced::Flush::end;
                    Fenced x(k == 0 ? 0 : (k - 1) * ldx + strips * rows, flush);
                    x.randomize(random);
                    Fenced out(strips * distance, flush, kPoison);
                    table->pack_columns(k, x.data(), ldx, strips, rows, distance, out.data());
                    int wrong = 0;
                    for (int64_t i = 0; i < strips * rows; ++i) {
                        const float* strip = out.data() + i / rows * distance;
                        for (int64_t l = 0; l < k; ++l)
                            wrong += strip[l * table->mr_packed + i % rows] != x[l * ldx + i];
                    }
                    CHECK(wrong == 0);
                }
            }
        }
    }
}
