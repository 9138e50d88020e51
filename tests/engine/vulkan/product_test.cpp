// Matrix products on a device against the processor's.

#include "tests/engine/vulkan/on_vulkan.h"
#include "tests/sanitized.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace qstar;
using namespace qstar::engine;
using tests::difference;
using tests::Operands;

namespace {

struct ProductSizes {
    int64_t m, n, k;
};

// The worst difference of one product, with what is to be added by bits. In bf16 the operands
// are such as bf16 holds exactly: so the processor's fp32 is its twin as well.
double product(ProductSizes s, bool trans_a, bool trans_b, int extras,
               Precision precision = Precision::fp32) {
    return difference([&](const Device& d, Operands& o) {
        const auto operand = [&](int64_t n) {
            float* const x = o.in(n);
            for (int64_t i = 0; precision == Precision::bf16 && i < n; ++i)
                x[i] = std::round(x[i] * 64) / 64;
            return x;
        };
        Gemm g;
        g.trans_a = trans_a;
        g.trans_b = trans_b;
        g.m = s.m;
        g.n = s.n;
        g.k = s.k;
        g.lda = trans_a ? s.m : s.k;
        g.ldb = trans_b ? s.k : s.n;
        g.ldc = s.n;
        g.a = operand(s.m * s.k);
        g.b = operand(s.k * s.n);
        g.accumulate = (extras & 1) != 0;
        if ((extras & 2) != 0) g.bias = o.in(s.n);
        g.c = o.out(s.m * s.n, !g.accumulate);
        if ((extras & 4) != 0) g.gelu = o.out(s.m * s.n);
        d.gemm(g, precision);
    });
}

} // namespace

TEST_CASE("products of all shapes") {
    const tests::OnVulkan here;
    if (!here) return;
    // Each kind of shader takes a second for a processor's driver to compile: so either none
    // of the sizes can be cut into fours, or all can.
    for (const ProductSizes s : {ProductSizes{1, 1, 1},
                                 {3, 5, 7},
                                 {65, 67, 33},
                                 {1, 131, 41},
                                 {129, 1, 19},
                                 {64, 128, 20},
                                 {68, 4, 8},
                                 {0, 4, 4},
                                 {4, 0, 4},
                                 {4, 4, 0}}) {
        for (const bool trans_a : {false, true}) {
            for (const bool trans_b : {false, true}) {
                if (tests::kSanitized && trans_a != trans_b) continue;
                CAPTURE(s.m);
                CAPTURE(s.n);
                CAPTURE(s.k);
                CHECK(product(s, trans_a, trans_b, 0) < 1e-4);
            }
        }
        for (const int extras : {1, 2, 6}) CHECK(product(s, false, false, extras) < 1e-4);
    }
}

TEST_CASE("large tiles, and sums that are cut") {
    const tests::OnVulkan here;
    if (!here) return;
    CHECK(product({1020, 2052, 12}, false, false, 2) < 1e-4); // 8 x 17 tiles of 128
    CHECK(product({5, 11, 16}, false, true, 0) < 1e-4);       // only the result not in fours
    CHECK(product({20, 12, 1500}, true, false, 0) < 1e-4);    // the gradient of a weight
    CHECK(product({20, 12, 1500}, true, false, 1) < 1e-4);
}

TEST_CASE("products in bf16, by matrix units where a device has them") {
    const tests::OnVulkan here;
    if (!here) return;
    if (!device().has_bf16()) MESSAGE("no matrix units for bf16: computed in fp32");
    for (const ProductSizes s : {ProductSizes{64, 64, 64}, {68, 132, 36}, {33, 17, 5}}) {
        for (const bool trans_a : {false, true}) {
            for (const bool trans_b : {false, true}) {
                CAPTURE(s.m);
                CAPTURE(trans_a);
                CAPTURE(trans_b);
                CHECK(product(s, trans_a, trans_b, 0, Precision::bf16) < 1e-4);
            }
        }
    }
    for (const int extras : {1, 2, 6})
        CHECK(product({68, 132, 36}, false, false, extras, Precision::bf16) < 1e-4);
    CHECK(product({1020, 2052, 12}, false, false, 2, Precision::bf16) < 1e-4); // tiles of 128
    CHECK(product({20, 12, 1500}, true, false, 1, Precision::bf16) < 1e-4);    // a cut sum
}

TEST_CASE("parts of larger matrices") {
    const tests::OnVulkan here;
    if (!here) return;
    CHECK(difference([&](const Device& d, Operands& o) {
              const float* a = o.in(10 * 21);
              const float* b = o.in(9 * 30);
              float* c = o.out(10 * 17, false);
              d.gemm({.m = 10,
                      .n = 12,
                      .k = 9,
                      .a = a + 3,
                      .lda = 21,
                      .b = b + 5,
                      .ldb = 30,
                      .c = c + 2,
                      .ldc = 17},
                     Precision::fp32);
          }) < 1e-4);
}
