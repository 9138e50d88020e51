#include "engine/nn/safetensors.h"
#include "tests/paths.h"
#include "train/rl/gae.h"

#include <doctest/doctest.h>
#include <vector>

using namespace qstar;
using namespace qstar::train;

using Floats = std::vector<float>;

TEST_CASE("GAE by hand") {
    const Floats rewards{0, 0, 1}, values{0.5f, 0.25f, 0.5f};
    // delta = 0 + 0.25 - 0.5, 0 + 0.5 - 0.25, 1 - 0.5
    const Advantages half = gae(rewards, values, 1, 0.5);
    CHECK(half.advantages == Floats{0, 0.5f, 0.5f});
    CHECK(half.returns == Floats{0.5f, 0.75f, 1});
    // lambda = 0: the surprise of one token.
    CHECK(gae(rewards, values, 1, 0).advantages == Floats{-0.25f, 0.25f, 0.5f});
    // lambda = 1: all rewards that came, less what was expected.
    const Advantages whole = gae(rewards, values, 1, 1);
    CHECK(whole.advantages == Floats{0.5f, 0.75f, 0.5f});
    CHECK(whole.returns == Floats{1, 1, 1});
    // gamma discounts: R_0 = 0.5^2 * 1
    CHECK(gae(rewards, values, 0.5, 1).returns[0] == doctest::Approx(0.25));
    CHECK(gae({}, {}, 1, 1).advantages.empty());
}

TEST_CASE("GAE is the sum of its definition, as PyTorch adds it up") {
    const std::string path =
        std::string(tests::source_dir) + "/tests/train/reference/rl.safetensors";
    const engine::SafeTensors file = engine::read_safetensors(path);
    const auto expected = file.tensor("advantages_of_rewards", path).values();
    const Advantages found =
        gae(file.tensor("rewards", path).values(), file.tensor("gae_values", path).values(),
            std::stod(file.text("gamma", path)), std::stod(file.text("lambda", path)));
    REQUIRE(found.advantages.size() == expected.size());
    for (size_t t = 0; t < expected.size(); ++t)
        CHECK(found.advantages[t] == doctest::Approx(expected[t]).epsilon(1e-5));
}

TEST_CASE("whitening: mean 0, deviation 1; equal numbers become 0") {
    Floats values{1, 2, 3, 6};
    whiten(values); // mean 3, variance (4 + 1 + 0 + 9) / 4
    CHECK(values[0] == doctest::Approx(-2 / 1.8708287));
    CHECK(values[2] == doctest::Approx(0).epsilon(1e-6));
    CHECK(values[3] == doctest::Approx(3 / 1.8708287));
    Floats equal{7, 7};
    whiten(equal);
    CHECK(equal == Floats{0, 0});
    whiten(std::span<float>());
}

TEST_CASE("explained variance") {
    const Floats returns{0, 1, 0, 1};
    CHECK(explained_variance(returns, returns) == doctest::Approx(1));
    CHECK(explained_variance(returns, Floats{0.5f, 0.5f, 0.5f, 0.5f}) == doctest::Approx(0));
    CHECK(explained_variance(returns, Floats{1, 0, 1, 0}) == doctest::Approx(-3));
    CHECK(explained_variance(returns, Floats{9, 10, 9, 10}) == doctest::Approx(1)); // not the mean
    CHECK(explained_variance(Floats{2, 2}, Floats{0, 1}) == 0);
}
