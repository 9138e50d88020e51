#include "engine/kernels/bf16.h"

#include "engine/base/cpu.h"
#include "engine/base/parallel.h"
#include "engine/base/random.h"
#include "engine/kernels/kernels.h"
#include "engine/nn/next_token.h"
#include "engine/optim/optimiser.h"
#include "tests/engine/normal_numbers.h"
#include "tests/sanitized.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <limits>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::engine;

namespace {

float rounded(float x) { // by its definition: the nearer of two neighbours, the even on a tie
    const uint32_t below = std::bit_cast<uint32_t>(x) & 0xffff0000u, above = below + 0x10000u;
    const double low = std::bit_cast<float>(below), high = std::bit_cast<float>(above);
    const double to_low = std::fabs(x - low), to_high = std::fabs(high - x);
    const bool up = to_high < to_low || (to_high == to_low && (below >> 16 & 1u));
    return std::bit_cast<float>(up ? above : below);
}

std::vector<const Bf16Kernels*> bf16_tables() {
    // The oracle, and the oracle with operands packed as AMX wants them.
    static const Bf16Kernels whole = [] {
        Bf16Kernels table = scalar_bf16_kernels();
        table.name = "scalar in whole rows";
        table.mr = 32;
        table.step = 16;
        table.whole_rows = true;
        return table;
    }();
    std::vector<const Bf16Kernels*> all{&scalar_bf16_kernels(), &whole};
    if (cpu().avx512_bf16 && avx512_bf16_kernels() != nullptr) all.push_back(avx512_bf16_kernels());
    if (cpu().amx_bf16 && amx_bf16_kernels() != nullptr) all.push_back(amx_bf16_kernels());
    return all;
}

} // namespace

TEST_CASE("numbers are rounded to the nearest bf16, in pairs along k") {
    for (const Bf16Kernels* table : bf16_tables()) {
        for (const int64_t k : {1, 2, 7, 32, 33, 64, 95}) {
            for (const int64_t n : {1, 5, 16, 31}) {
                CAPTURE(table->name);
                CAPTURE(k);
                CAPTURE(n);
                const std::vector<float> x = normal_numbers(k * n, "x"); // (k, n), or (n, k)
                const int64_t pairs = (k + 1) / 2;
                std::vector<uint32_t> rows(static_cast<size_t>(pairs * (n + 1)), 77);
                std::vector<uint32_t> columns(static_cast<size_t>(n * (pairs + 1)), 77);
                table->pair_rows(k, n, x.data(), n, rows.data(), n + 1);
                table->pair_columns(k, n, x.data(), k, columns.data(), pairs + 1);
                const auto number = [&](int64_t l, int64_t at) {
                    return l < k ? rounded(x[static_cast<size_t>(at)]) : 0.0f;
                };
                const auto is = [](uint32_t pair, float even, float odd) {
                    return std::bit_cast<float>(pair << 16) == even &&
                           std::bit_cast<float>(pair & 0xffff0000u) == odd;
                };
                for (int64_t p = 0; p < pairs; ++p) {
                    for (int64_t j = 0; j < n; ++j) {
                        const int64_t l = 2 * p;
                        CHECK(is(rows[static_cast<size_t>(p * (n + 1) + j)], number(l, l * n + j),
                                 number(l + 1, (l + 1) * n + j)));
                        CHECK(is(columns[static_cast<size_t>(j * (pairs + 1) + p)],
                                 number(l, j * k + l), number(l + 1, j * k + l + 1)));
                    }
                    CHECK(rows[static_cast<size_t>(p * (n + 1) + n)] == 77); // not ours
                }
            }
        }
        const float nan = std::numeric_limits<float>::quiet_NaN();
        const float ends[2] = {nan, -std::numeric_limits<float>::infinity()};
        uint32_t pair = 0;
        table->pair_columns(2, 1, ends, 2, &pair, 1);
        CHECK(std::isnan(std::bit_cast<float>(pair << 16)));
        CHECK(std::bit_cast<float>(pair & 0xffff0000u) == ends[1]);
    }
}

TEST_CASE("bf16 products are those of the rounded numbers, in every form and odd shape") {
    struct Shape3 {
        int64_t m, n, k;
    };
    for (const Bf16Kernels* table : bf16_tables()) {
        for (const Shape3 z : {Shape3{1, 1, 1}, Shape3{0, 3, 4}, Shape3{3, 5, 0}, Shape3{14, 32, 8},
                               Shape3{15, 33, 7}, Shape3{130, 70, 33}, Shape3{20, 40, 2100}}) {
            for (const int form : {0, 1, 2, 3}) {
                for (const bool accumulate : {false, true}) {
                    const bool ta = form & 1, tb = form & 2;
                    const std::vector<float> a = normal_numbers(z.m * z.k, "a"),
                                             b = normal_numbers(z.k * z.n, "b");
                    std::vector<float> near_a(a), near_b(b);
                    for (float& x : near_a) x = rounded(x);
                    for (float& x : near_b) x = rounded(x);
                    const std::vector<float> bias = normal_numbers(z.n, "bias"),
                                             old = normal_numbers(z.m * z.n, "c");
                    std::vector<float> c(old);
                    if (!accumulate) std::fill(c.begin(), c.end(), NAN);
                    Gemm g;
                    g.trans_a = ta;
                    g.trans_b = tb;
                    g.m = z.m;
                    g.n = z.n;
                    g.k = z.k;
                    g.a = a.data();
                    g.lda = ta ? z.m : z.k;
                    g.b = b.data();
                    g.ldb = tb ? z.k : z.n;
                    g.c = c.data();
                    g.ldc = z.n;
                    g.accumulate = accumulate;
                    g.bias = form == 0 ? bias.data() : nullptr;
                    std::vector<float> gelu(c.size(), NAN), expected(c.size());
                    g.gelu = gelu.data();
                    gemm_bf16(g, *table);
                    for (int64_t i = 0; i < z.m; ++i) {
                        kernels().gelu(z.n, c.data() + i * z.n, expected.data() + i * z.n);
                    }
                    CHECK(gelu == expected);
                    CAPTURE(table->name);
                    CAPTURE(z.k);
                    CAPTURE(form);
                    double worst = 0;
                    for (int64_t i = 0; i < z.m; ++i) {
                        for (int64_t j = 0; j < z.n; ++j) {
                            double sum = accumulate ? old[static_cast<size_t>(i * z.n + j)] : 0.0;
                            double size = 1;
                            for (int64_t l = 0; l < z.k; ++l) {
                                const double x =
                                    near_a[static_cast<size_t>(ta ? l * z.m + i : i * z.k + l)];
                                const double y =
                                    near_b[static_cast<size_t>(tb ? j * z.k + l : l * z.n + j)];
                                sum += x * y;
                                size += std::fabs(x * y);
                            }
                            if (g.bias) sum += bias[static_cast<size_t>(j)];
                            const double d = std::fabs(c[static_cast<size_t>(i * z.n + j)] - sum);
                            worst = std::isnan(d) ? 1e300 : std::max(worst, d / size);
                        }
                    }
                    CHECK(worst < 1e-6);
                }
            }
        }
    }
}

TEST_CASE("training in bf16 has the same bytes at any number of threads, and learns") {
    const GptConfig config{2, 2, 32, 32, 30};
    std::vector<std::string> bytes;
    double first_loss = 0, last_loss = 0;
    for (const int count : {1, 2, 3}) {
        if (tests::kSanitized && count == 2) continue;
        set_threads(count);
        Gpt model(config, Random(2, "init"));
        Optimiser optimiser(model.parameters, {});
        Tape tape;
        tape.precision = Precision::bf16; // fp32 where the processor does not offer it
        std::vector<int> tokens(8 * 32), targets(tokens.size());
        for (size_t i = 0; i < tokens.size(); ++i) {
            tokens[i] = static_cast<int>(i * 7 % 30);
            targets[i] = static_cast<int>((i + 1) * 7 % 30);
        }
        const std::vector<float> ones(tokens.size(), 1.0f);
        for (int step = 0; step < 30; ++step) {
            model.zero_grad();
            last_loss = next_token_gradient(tape, model, tokens, targets, ones, 8, 32);
            if (step == 0) first_loss = last_loss;
            optimiser.update(model.parameters, 1e-2f);
        }
        std::string all;
        for (const Parameter& p : model.parameters) {
            all.append(reinterpret_cast<const char*>(p.value.data()),
                       static_cast<size_t>(p.value.size()) * sizeof(float));
        }
        bytes.push_back(all);
    }
    set_threads(0);
    for (const std::string& others : bytes) CHECK(bytes[0] == others);
    CHECK(last_loss < 0.3 * first_loss);
}
