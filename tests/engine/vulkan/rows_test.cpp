// Operations on rows on a device against the processor's: norms, sums, rows by number,
// attention.

#include "engine/device/chunks.h"
#include "tests/engine/vulkan/on_vulkan.h"
#include "tests/sanitized.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::engine;
using tests::difference;
using tests::Operands;

TEST_CASE("layer norm and sums over rows") {
    const tests::OnVulkan here;
    if (!here) return;
    for (const int64_t rows : {0, 1, 3, 130}) {
        for (const int64_t width : {1, 7, 130, 300}) {
            CAPTURE(rows);
            CAPTURE(width);
            const int64_t n = rows * width, chunks = row_chunks(rows);
            CHECK(difference([&](const Device& d, Operands& o) {
                      const float* x = o.in(n);
                      const float* gain = o.in(width);
                      const float* bias = o.in(width);
                      d.layer_norm(rows, width, x, gain, bias, 0.03f, o.out(n), o.out(rows),
                                   o.out(rows));
                  }) < 1e-4);
            for (const bool fresh : {false, true}) {
                CHECK(difference([&](const Device& d, Operands& o) {
                          const float* x = o.in(n);
                          d.column_sums(rows, width, x, o.spare(chunks * width),
                                        o.grad_target(width, fresh));
                      }) < 1e-4);
                if (width == 1) continue; // its gradient is a difference of equal numbers
                CHECK(difference([&](const Device& d, Operands& o) {
                          const float* x = o.in(n);
                          const float* gain = o.in(width);
                          const float* dy = o.in(n);
                          float* mean = o.spare(rows);
                          float* rstd = o.spare(rows);
                          d.layer_norm(rows, width, x, gain, gain, 1e-5f, o.out(n), mean, rstd);
                          d.layer_norm_grad(rows, width, x, gain, dy, mean, rstd,
                                            o.grad_target(n, fresh), o.spare(2 * chunks * width),
                                            o.grad_target(width, fresh),
                                            o.grad_target(width, !fresh));
                      }) < 1e-4);
            }
        }
    }
}

TEST_CASE("RMS norm, rotary positions, SwiGLU") {
    const tests::OnVulkan here;
    if (!here) return;
    for (const int64_t rows : {1, 3, 130}) {
        for (const int64_t width : {4, 6, 130, 300}) {
            CAPTURE(rows);
            CAPTURE(width);
            const int64_t n = rows * width, chunks = row_chunks(rows), groups = 2;
            CHECK(difference([&](const Device& d, Operands& o) {
                      const float* gain = o.in(width / groups);
                      float* x = o.out(3 * n, false); // rows lie apart, in place
                      d.rms_norm({rows, groups, width / groups, 3 * width, 1e-6f}, x, gain, x,
                                 o.out(rows * groups));
                  }) < 1e-4);
            for (const bool fresh : {false, true}) {
                CHECK(difference([&](const Device& d, Operands& o) {
                          const float* x = o.in(n);
                          const float* gain = o.in(width);
                          const float* dy = o.in(n);
                          float* rstd = o.spare(rows);
                          d.rms_norm({rows, 1, width, width, 1e-6f}, x, gain, o.out(n), rstd);
                          d.rms_norm_grad(rows, width, x, gain, dy, rstd, o.grad_target(n, fresh),
                                          o.spare(chunks * width), o.grad_target(width, !fresh));
                      }) < 1e-4);
                CHECK(difference([&](const Device& d, Operands& o) {
                          const float* gate = o.in(n, -4, 4);
                          const float* up = o.in(n);
                          const float* dy = o.in(n);
                          d.swiglu_grad(n, gate, up, dy, o.grad_target(n, fresh),
                                        o.grad_target(n, !fresh));
                      }) < 1e-4);
                for (const bool listed : {false, true}) {
                    CHECK(difference([&](const Device& d, Operands& o) {
                              const float* x = o.in(2 * n);
                              const int64_t positions = 5, size = width / 2;
                              Rotation by{.rows = rows,
                                          .heads = 2,
                                          .size = size,
                                          .turns = o.in(positions * size),
                                          .positions = positions,
                                          .time = 3,
                                          .back = listed};
                              if (size % 2 != 0) by.turns = nullptr; // copied
                              const std::vector<int> position = o.indices(rows, positions);
                              if (listed) by.position = position.data();
                              d.rotate(by, x, 2 * width, o.grad_target(n, fresh), width);
                          }) < 1e-4);
                }
            }
            CHECK(difference([&](const Device& d, Operands& o) {
                      const float* both = o.in(2 * n, -4, 4);
                      d.swiglu(rows, width, both, both + width, 2 * width, o.out(n));
                  }) < 1e-4);
        }
    }
}

TEST_CASE("sums to one number") {
    const tests::OnVulkan here;
    if (!here) return;
    for (const int64_t n : {0, 1, 129, 20000}) {
        CAPTURE(n);
        CHECK(difference([&](const Device& d, Operands& o) {
                  const float* x = o.in(n, 0, 1);
                  d.sum(n, x, o.out(1));
              }) < 1e-5);
        CHECK(difference([&](const Device& d, Operands& o) {
                  const float* x = o.in(n);
                  const float* y = o.in(3);
                  const std::vector<std::span<const float>> pieces = {
                      {x, static_cast<size_t>(n)}, {}, {y, 3}};
                  const auto total = static_cast<float>(d.sum_of_squares(pieces));
                  d.fill(1, total, o.out(1));
              }) < 1e-5);
    }
}

TEST_CASE("rows by number") {
    const tests::OnVulkan here;
    if (!here) return;
    for (const int64_t rows : {0, 1, 12, 300}) {
        for (const int64_t width : {1, 65}) {
            constexpr int64_t kVocab = 9, kTime = 4, kPositions = 6;
            CAPTURE(rows);
            CAPTURE(width);
            CHECK(difference([&](const Device& d, Operands& o) {
                      const std::vector<int> tokens = o.indices(rows, kVocab);
                      const float* table = o.in(kVocab * width);
                      const float* places = o.in(kPositions * width);
                      float* y = o.out(rows * width);
                      d.embedding(rows, width, tokens.data(), table, places, kTime, y);
                      d.embedding(rows, width, tokens.data(), table, nullptr, 1,
                                  o.out(rows * width));
                      d.gather_rows(rows, width, tokens.data(), table, o.out(rows * width));
                  }) < 1e-6);
            for (const bool fresh : {false, true}) {
                CHECK(difference([&](const Device& d, Operands& o) {
                          const std::vector<int> tokens = o.indices(rows, kVocab);
                          const float* dy = o.in(rows * width);
                          d.embedding_grad(rows, width, tokens.data(), kTime, dy,
                                           o.grad_target(kVocab * width, fresh), kVocab,
                                           o.grad_target(kPositions * width, !fresh), kPositions);
                          d.gather_rows_grad(rows, width, tokens.data(), dy,
                                             o.grad_target(kVocab * width, fresh), kVocab);
                          // Lists of no row, one, two ... as far as there are any.
                          std::vector<int> first{0};
                          for (int n = 0; first.back() + n <= rows; ++n)
                              first.push_back(first.back() + n);
                          first.back() = static_cast<int>(rows);
                          const auto lists = static_cast<int64_t>(first.size()) - 1;
                          const std::vector<int> order = o.indices(rows, kVocab);
                          d.sum_lists(lists, width, first.data(), order.data(),
                                      o.in(kVocab * width), kVocab,
                                      o.grad_target(lists * width, fresh));
                      }) < 1e-4);
            }
        }
    }
}

TEST_CASE("attention and its gradient") {
    const tests::OnVulkan here;
    if (!here) return;
    // Heads of 1, 3 and 7 numbers, of 20 in vectors, and of 68, which are cut in two; heads that
    // share keys.
    for (const Attention s : {Attention{1, 1, 1, 1, 1},
                              {2, 5, 3, 3, 3},
                              {1, 131, 1, 1, 7},
                              {2, 64, 2, 2, 20},
                              {1, 130, 2, 2, 68},
                              {0, 4, 3, 3, 3},
                              {2, 5, 6, 2, 3},
                              {1, 70, 3, 1, 20},
                              {1, 67, 4, 2, 68}}) {
        if (tests::kSanitized && (s.time > 100 || (s.batch > 1 && s.heads < 6))) continue;
        CAPTURE(s.batch);
        CAPTURE(s.time);
        const int64_t rows = s.rows(), lines = rows * s.heads;
        for (const bool fresh : {false, true}) {
            CHECK(difference([&](const Device& d, Operands& o) {
                      const float* qkv = o.in(rows * s.qkv_width(), -2, 2);
                      float* out = o.out(rows * s.width());
                      float* lse = o.out(lines);
                      d.attention(qkv, out, lse, s);
                      const float* dout = o.in(rows * s.width());
                      d.attention_grad(qkv, out, lse, dout,
                                       o.grad_target(rows * s.qkv_width(), fresh), s);
                  }) < 1e-4);
        }
    }
}
