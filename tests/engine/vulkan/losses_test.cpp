// Losses and AdamW on a device against the processor's.

#include "tests/engine/vulkan/on_vulkan.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::engine;
using tests::difference;
using tests::Operands;

TEST_CASE("cross-entropy, log-probabilities and entropies") {
    const tests::OnVulkan here;
    if (!here) return;
    for (const int64_t rows : {1, 7, 70}) {
        for (const int64_t classes : {1, 2, 65, 300}) {
            CAPTURE(rows);
            CAPTURE(classes);
            const int64_t n = rows * classes;
            for (const bool fresh : {false, true}) {
                CHECK(difference([&](const Device& d, Operands& o) {
                          const float* x = o.in(n, -4, 4);
                          const std::vector<int> targets = o.indices(rows, classes);
                          std::vector<float> weights = o.host(rows, 0.5, 1);
                          if (rows > 1) weights[1] = 0;
                          float* p = o.spare(n);
                          d.cross_entropy(rows, classes, x, targets.data(), weights.data(), 3.5, p,
                                          o.out(rows), o.out(1));
                          d.cross_entropy_grad(rows, classes, p, targets.data(), weights.data(),
                                               o.in(1), 0.7f, o.grad_target(n, fresh));
                      }) < 1e-4);
                CHECK(difference([&](const Device& d, Operands& o) {
                          const float* x = o.in(n, -4, 4);
                          const std::vector<int> targets = o.indices(rows, classes);
                          float* p = o.out(n);
                          d.log_prob(rows, classes, x, targets.data(), p, o.out(rows));
                          const float* dy = o.in(rows);
                          d.log_prob_grad(rows, classes, p, targets.data(), dy,
                                          o.grad_target(n, fresh));
                      }) < 1e-4);
                if (classes == 1) continue; // the entropy of certainty: 0 but for rounding
                CHECK(difference([&](const Device& d, Operands& o) {
                          const float* x = o.in(n, -4, 4);
                          float* p = o.out(n);
                          float* lse = o.out(rows);
                          float* y = o.out(rows);
                          d.entropy(rows, classes, x, p, lse, y);
                          const float* dy = o.in(rows);
                          d.entropy_grad(rows, classes, x, p, lse, y, dy, o.grad_target(n, fresh));
                      }) < 1e-4);
            }
        }
    }
}

TEST_CASE("binary cross-entropy") {
    const tests::OnVulkan here;
    if (!here) return;
    for (const int64_t n : {1, 3, 400}) {
        CAPTURE(n);
        CHECK(difference([&](const Device& d, Operands& o) {
                  const float* x = o.in(n, -30, 30);
                  const std::vector<float> labels = o.host(n), weights = o.host(n);
                  float* off = o.out(n);
                  d.binary_cross_entropy(n, x, labels.data(), weights.data(), 2.5, off, o.out(1));
                  const float* dy = o.in(1);
                  for (const bool fresh : {false, true}) {
                      d.binary_cross_entropy_grad(n, off, weights.data(), dy, 0.4f,
                                                  o.grad_target(n, fresh));
                  }
              }) < 1e-4);
    }
}

TEST_CASE("AdamW's step") {
    const tests::OnVulkan here;
    if (!here) return;
    for (const int64_t n : {1, 1000}) {
        CHECK(difference([&](const Device& d, Operands& o) {
                  const float* g = o.in(n);
                  float* v = o.in(n, 0.01, 1);
                  float* m = o.out(n, false);
                  float* p = o.out(n, false);
                  d.adamw(n, p, g, m, v,
                          {.grad_scale = 0.5f,
                           .rate = 1e-2f,
                           .beta1 = 0.9f,
                           .beta2 = 0.95f,
                           .eps = 1e-8f,
                           .decay = 0.1f,
                           .correct1 = 0.19f,
                           .correct2 = 0.0975f});
              }) < 1e-5);
    }
}
