#include "engine/base/random.h"
#include "engine/nn/safetensors.h"
#include "tests/paths.h"
#include "train/rl/kl.h"
#include "train/rl/surrogate.h"

#include <cmath>
#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::train;

TEST_CASE("the three estimators of one token, by hand") {
    const double p = std::log(0.5), q = std::log(0.25); // r = 1/2
    CHECK(k1(p, q) == doctest::Approx(0.693147));
    CHECK(k2(p, q) == doctest::Approx(0.240227));
    CHECK(k3(p, q) == doctest::Approx(0.193147)); // (1/2 - 1) + log 2
    CHECK(k1(q, p) == doctest::Approx(-0.693147));
    CHECK(k3(q, p) == doctest::Approx(0.306853)); // (2 - 1) - log 2
    CHECK(k3(p, p) == 0);
}

TEST_CASE("k1 and k3 are unbiased: their mean over draws is the KL; k3 has less noise") {
    const std::vector<double> p{0.6, 0.3, 0.1}, q{0.4, 0.4, 0.2};
    double exact = 0;
    for (size_t i = 0; i < p.size(); ++i) exact += p[i] * std::log(p[i] / q[i]);
    Random random(1, "kl");
    double mean1 = 0, mean3 = 0, noise1 = 0, noise3 = 0;
    constexpr int kDraws = 200'000;
    for (int n = 0; n < kDraws; ++n) {
        const double u = random.uniform();
        const size_t x = u < p[0] ? 0 : u < p[0] + p[1] ? 1 : 2;
        const double a = k1(std::log(p[x]), std::log(q[x])), b = k3(std::log(p[x]), std::log(q[x]));
        mean1 += a / kDraws;
        mean3 += b / kDraws;
        noise1 += (a - exact) * (a - exact) / kDraws;
        noise3 += (b - exact) * (b - exact) / kDraws;
    }
    CHECK(mean1 == doctest::Approx(exact).epsilon(0.02));
    CHECK(mean3 == doctest::Approx(exact).epsilon(0.02));
    CHECK(noise3 < noise1 / 10);
}

TEST_CASE("k3 on the tape is PyTorch's, and so is its gradient") {
    const std::string path =
        std::string(tests::source_dir) + "/tests/train/reference/rl.safetensors";
    const engine::SafeTensors file = engine::read_safetensors(path);
    const engine::Tensor& log_prob = file.tensor("log_prob", path);
    const int64_t n = log_prob.size();
    engine::Tape tape;
    const engine::Var p = tape.variable(log_prob.reshaped({n, 1}));
    const std::vector<float> each(static_cast<size_t>(n), 1.0f / static_cast<float>(n));
    const engine::Var mean =
        weighted_sum(tape, k3(tape, p, file.tensor("reference", path).values()), each);
    CHECK(tape.value(mean)[0] == doctest::Approx(file.tensor("k3", path)[0]).epsilon(1e-5));
    tape.backward(mean);
    for (int64_t i = 0; i < n; ++i)
        CHECK(std::abs(tape.grad(p)[i] - file.tensor("k3_grad", path)[i]) < 1e-6f);
}

TEST_CASE("the coefficient is steered towards the target, by a bounded error") {
    CHECK(adapt_kl(0.1, 6, 6, 0.5) == doctest::Approx(0.1));
    CHECK(adapt_kl(0.1, 6.6, 6, 0.5) == doctest::Approx(0.105)); // e = 0.1
    CHECK(adapt_kl(0.1, 60, 6, 0.5) == doctest::Approx(0.11));   // e is at most 0.2
    CHECK(adapt_kl(0.1, 0, 6, 0.5) == doctest::Approx(0.09));
    CHECK(adapt_kl(0.1, 60, 0, 0.5) == 0.1); // no target
}
