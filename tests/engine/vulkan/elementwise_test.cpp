// Elementwise operations on a device against the processor's.

#include "tests/engine/vulkan/on_vulkan.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::engine;
using tests::difference;
using tests::Operands;

namespace {
constexpr int64_t kLengths[] = {0, 1, 5, 257, 3001};
}

TEST_CASE("functions of one number and their slopes") {
    const tests::OnVulkan here;
    if (!here) return;
    for (const Map f : {Map::scale, Map::shift, Map::exp, Map::log, Map::sigmoid, Map::softplus,
                        Map::tanh, Map::relu, Map::clamp, Map::gelu}) {
        // Logarithms of what is positive; everything else also where exp() overflows.
        const double high = f == Map::exp ? 5 : 100, low = f == Map::log ? 0.01 : -high;
        for (const int64_t n : kLengths) {
            CAPTURE(static_cast<int>(f));
            CAPTURE(n);
            CHECK(difference([&](const Device& d, Operands& o) {
                      const float* x = o.in(n, low, high);
                      d.map(f, n, x, -0.5f, 0.25f, o.out(n));
                  }) < 1e-4);
            for (const bool fresh : {false, true}) {
                CHECK(difference([&](const Device& d, Operands& o) {
                          const float* x = o.in(n, low / 20, high / 20);
                          float* y = o.spare(n);
                          d.map(f, n, x, -0.5f, 0.25f, y);
                          const float* dy = o.in(n);
                          d.map_grad(f, n, x, y, dy, -0.5f, 0.25f, o.grad_target(n, fresh));
                      }) < 1e-4);
            }
        }
    }
}

TEST_CASE("functions of two numbers and their slopes") {
    const tests::OnVulkan here;
    if (!here) return;
    for (const int64_t n : kLengths) {
        CAPTURE(n);
        for (const Zip f : {Zip::add, Zip::sub, Zip::mul, Zip::minimum}) {
            CAPTURE(static_cast<int>(f));
            CHECK(difference([&](const Device& d, Operands& o) {
                      const float* a = o.in(n);
                      const float* b = o.in(n);
                      d.zip(f, n, a, b, o.out(n));
                  }) < 1e-6);
        }
        for (const Zip f : {Zip::mul, Zip::minimum}) {
            for (const bool fresh : {false, true}) {
                CHECK(difference([&](const Device& d, Operands& o) {
                          const float* a = o.in(n);
                          const float* b = o.in(n);
                          const float* dy = o.in(n);
                          d.zip_grad(f, false, n, a, b, dy, o.grad_target(n, fresh));
                          d.zip_grad(f, true, n, a, b, dy, o.grad_target(n, fresh));
                          d.zip_grad(f, true, n, a, a, dy, o.grad_target(n, fresh)); // a tie
                      }) < 1e-6);
            }
        }
    }
}

TEST_CASE("filling, adding and spreading") {
    const tests::OnVulkan here;
    if (!here) return;
    for (const int64_t n : kLengths) {
        CAPTURE(n);
        CHECK(difference([&](const Device& d, Operands& o) {
                  d.fill(n, 2.5f, o.out(n));
                  const float* x = o.in(n);
                  const float* one = o.in(1);
                  for (const bool fresh : {false, true}) {
                      d.add_scaled(n, 1, x, o.grad_target(n, fresh));
                      d.add_scaled(n, -0.3f, x, o.grad_target(n, fresh));
                      d.spread(n, one, o.grad_target(n, fresh));
                  }
                  d.add_scaled(n, 1, x, {}); // not wanted
              }) < 1e-6);
    }
}

TEST_CASE("what one operation writes the next one reads") {
    const tests::OnVulkan here;
    if (!here) return;
    // Some hundred operations in a row, each of which needs the one before or overwrites
    // what that has read.
    constexpr int64_t kN = 1000;
    CHECK(difference([&](const Device& d, Operands& o) {
              float* a = o.out(kN, false);
              float* b = o.out(kN, false);
              for (int i = 0; i < 150; ++i) {
                  d.zip(Zip::add, kN, a, b, a);
                  d.map(Map::scale, kN, a, 0.5f, 0, b);
                  d.add_scaled(kN / 2, -0.25f, a + kN / 2, {a, false});
                  d.fill(1, static_cast<float>(i), b + i);
              }
          }) < 1e-5);
}
