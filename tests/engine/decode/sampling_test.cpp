// Drawing tokens from logits.
#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/decode/sampling.h"

#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <limits>
#include <numeric>

using namespace qstar;
using namespace qstar::engine;

namespace {

std::vector<float> random_logits(int n, uint64_t seed) {
    Random random(seed, "logits");
    std::vector<float> logits;
    for (int i = 0; i < n; ++i) {
        // Coarse, so that there are equal ones.
        logits.push_back(static_cast<float>(std::round(random.normal() * 8) / 4));
    }
    return logits;
}

// The probabilities by the definition: sort, cut, cut, renormalise.
std::vector<double> expected(const std::vector<float>& logits, const Sampling& how) {
    std::vector<double> p;
    for (const float x : logits) p.push_back(std::exp(double{x} / how.temperature));
    std::vector<size_t> order(p.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] > p[b]; });
    if (how.top_k > 0) order.resize(std::min(order.size(), static_cast<size_t>(how.top_k)));
    double total = 0, sum = 0;
    for (const size_t i : order) total += p[i];
    size_t kept = 0;
    while (kept < order.size() && sum < how.top_p * total * (1 - 1e-6)) sum += p[order[kept++]];
    std::vector<double> result(p.size(), 0.0);
    for (size_t k = 0; k < kept; ++k) result[order[k]] = p[order[k]] / sum;
    return result;
}

} // namespace

TEST_CASE("sampling follows the probabilities; temperature 0 takes the largest") {
    const std::vector<float> logits{0.0f, std::log(3.0f), -100.0f};
    Random random(1, "sample");
    int count[3] = {0, 0, 0};
    float log_prob = 0;
    for (int i = 0; i < 4000; ++i) ++count[sample(logits, 1.0f, random, &log_prob)];
    CHECK(count[2] == 0);
    CHECK(count[1] == doctest::Approx(3000).epsilon(0.05));
    CHECK(sample(logits, 0.0f, random, &log_prob) == 1);
    CHECK(log_prob == doctest::Approx(std::log(0.75)));
}

TEST_CASE("temperature, top-k and top-p draw from the distribution of their definition") {
    const std::vector<Sampling> ways{{1, 0, 1},     {0.7f, 0, 1},     {1.5f, 5, 1},
                                     {1, 1, 1},     {1, 0, 0.9f},     {1, 0, 0.001f},
                                     {2, 12, 0.8f}, {0.5f, 300, 0.6f}};
    uint64_t seed = 0;
    for (const Sampling& how : ways) {
        const std::vector<float> logits = random_logits(37, ++seed);
        const std::vector<double> p = expected(logits, how);
        constexpr int kDraws = 20000;
        std::vector<int> count(logits.size());
        Random random(seed, "draws");
        for (int i = 0; i < kDraws; ++i) ++count[static_cast<size_t>(sample(logits, how, random))];
        CHECK(random.counter == 2 * kDraws);
        for (size_t i = 0; i < p.size(); ++i) {
            CAPTURE(i);
            const double deviation = std::sqrt(kDraws * p[i] * (1 - p[i]));
            CHECK(std::fabs(count[i] - kDraws * p[i]) <= 5 * deviation);
        }
    }
}

TEST_CASE("a row draws the same token in any batch, and its own log-probability") {
    constexpr int64_t kRows = 70, kWide = 50;
    std::vector<float> numbers;
    for (uint64_t r = 0; r < kRows; ++r) {
        const auto row = random_logits(kWide, r);
        numbers.insert(numbers.end(), row.begin(), row.end());
    }
    const Tensor logits = Tensor::from({kRows, kWide}, numbers);
    for (const int thread_count : {1, 2}) {
        set_threads(thread_count);
        const Sampling how{0.8f, 20, 0.95f};
        std::vector<TokenDraw> draws;
        for (uint64_t r = 0; r < kRows; ++r) {
            Random random(3, r);
            draws.push_back(draw_from(static_cast<int>(r), how, random));
        }
        cpu_device().draw_tokens(draws, kRows, kWide, kWide, logits.data());
        for (size_t r = 0; r < kRows; ++r) {
            Random random(3, uint64_t{r});
            const std::span<const float> row = logits.values().subspan(r * kWide, kWide);
            const int token = draws[r].token;
            CHECK(sample(row, how, random) == token);
            double sum = 0;
            for (const float x : row) sum += std::exp(double{x});
            CHECK(double{draws[r].log_prob} ==
                  doctest::Approx(double{row[static_cast<size_t>(token)]} - std::log(sum)));
        }
    }
    set_threads(0);
}

TEST_CASE("logits that are no numbers give some token") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinite = std::numeric_limits<float>::infinity();
    for (const std::vector<float>& logits : {std::vector<float>{0, nan, 1},
                                             {nan, nan, nan},
                                             {0, infinite, 1},
                                             {-infinite, -infinite, -infinite},
                                             {-infinite, 0, -infinite}}) {
        for (const Sampling& how : {Sampling{0, 0, 1}, {1, 0, 1}, {1, 2, 0.5f}}) {
            Random random(1, "odd");
            const int token = sample(logits, how, random);
            CHECK(token >= 0);
            CHECK(token < 3);
        }
    }
    Random random(1, "odd");
    const std::vector<float> one{-infinite, 0, -infinite};
    CHECK(sample(one, {1, 2, 0.5f}, random) == 1);
    CHECK_THROWS_AS(sample({}, 1.0f, random), Error);
}

TEST_CASE("settings that make no sense are refused in a sentence") {
    CHECK_THROWS_WITH_AS(check({-1, 0, 1}), "temperature: expected at least 0, found -1", Error);
    CHECK_THROWS_WITH_AS(check({1, -2, 1}), "top-k: expected at least 0 (all), found -2", Error);
    CHECK_THROWS_WITH_AS(check({1, 0, 0}),
                         "top-p: expected more than 0 and at most 1 (all), found 0", Error);
    CHECK_THROWS_AS(check({1, 0, 1.5f}), Error);
    CHECK_THROWS_AS(check({std::numeric_limits<float>::quiet_NaN(), 0, 1}), Error);
}
