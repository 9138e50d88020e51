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
using engine::Tape, engine::Tensor, engine::Var;

namespace {

struct Reference {
    std::string path = std::string(tests::source_dir) + "/tests/train/reference/rl.safetensors";
    engine::SafeTensors file = engine::read_safetensors(path);
    double epsilon = std::stod(file.text("epsilon", path));

    const Tensor& operator[](const std::string& name) const { return file.tensor(name, path); }
    std::vector<float> each() const { // the weights of a mean
        const auto n = (*this)["old"].size();
        return std::vector<float>(static_cast<size_t>(n), 1.0f / static_cast<float>(n));
    }
    Var column(Tape& tape, const std::string& name) const {
        return tape.variable((*this)[name].reshaped({(*this)[name].size(), 1}));
    }
};

} // namespace

TEST_CASE("the clipped surrogate by hand: no gain beyond the clip, every loss") {
    CHECK(clipped_surrogate(1.5, 2, 0.2) == doctest::Approx(2.4));   // good and likelier: capped
    CHECK(clipped_surrogate(0.5, 2, 0.2) == doctest::Approx(1));     // good and rarer: as it is
    CHECK(clipped_surrogate(1.5, -2, 0.2) == doctest::Approx(-3));   // bad and likelier: as it is
    CHECK(clipped_surrogate(0.5, -2, 0.2) == doctest::Approx(-1.6)); // bad and rarer: capped
    CHECK(clipped_surrogate(1, -2, 0.2) == doctest::Approx(-2));
    // An upper end of its own caps what becomes likelier, and nothing else.
    const Clip high(0.2, 0.4);
    CHECK(clipped_surrogate(1.3, 2, high) == doctest::Approx(2.6));
    CHECK(clipped_surrogate(1.5, 2, high) == doctest::Approx(2.8));
    CHECK(clipped_surrogate(0.5, -2, high) == doctest::Approx(-1.6));
}

TEST_CASE("the clipped value loss by hand") {
    CHECK(clipped_value_loss(2, 1, 3, 0.5) == doctest::Approx(1.125)); // (1.5 - 3)^2 / 2
    CHECK(clipped_value_loss(2, 1, 0, 0.5) == doctest::Approx(2));     // (2 - 0)^2 / 2
    CHECK(clipped_value_loss(1.2, 1, 3, 0.5) == doctest::Approx(1.62));
}

TEST_CASE("the tape's objectives are the formulas, and PyTorch's") {
    const Reference r;
    Tape tape;
    const Var log_prob = r.column(tape, "log_prob"), values = r.column(tape, "values");
    const Var gain =
        clipped_surrogate(tape, log_prob, r["old"].values(), r["advantages"].values(), r.epsilon);
    const Var loss = clipped_value_loss(tape, values, r["old_values"].values(),
                                        r["returns"].values(), r.epsilon);
    for (int64_t i = 0; i < r["old"].size(); ++i) {
        const double ratio = std::exp(r["log_prob"][i] - r["old"][i]);
        CHECK(
            tape.value(gain)[i] ==
            doctest::Approx(clipped_surrogate(ratio, r["advantages"][i], r.epsilon)).epsilon(1e-4));
        CHECK(tape.value(loss)[i] ==
              doctest::Approx(clipped_value_loss(r["values"][i], r["old_values"][i],
                                                 r["returns"][i], r.epsilon))
                  .epsilon(1e-4));
    }
    const Var mean_gain = weighted_sum(tape, gain, r.each());
    const Var mean_loss = weighted_sum(tape, loss, r.each());
    CHECK(tape.value(mean_gain)[0] == doctest::Approx(r["surrogate"][0]).epsilon(1e-5));
    CHECK(tape.value(mean_loss)[0] == doctest::Approx(r["value_loss"][0]).epsilon(1e-5));
    tape.backward(add(tape, mean_gain, mean_loss));
    for (int64_t i = 0; i < r["old"].size(); ++i) {
        CHECK(std::abs(tape.grad(log_prob)[i] - r["surrogate_grad"][i]) < 1e-6f);
        CHECK(std::abs(tape.grad(values)[i] - r["value_grad"][i]) < 1e-6f);
    }
}

TEST_CASE("the surrogate's gradient by finite differences, and 0 where the clip holds") {
    const Reference r;
    Tape tape;
    const Var log_prob = r.column(tape, "log_prob");
    tape.backward(sum(tape, clipped_surrogate(tape, log_prob, r["old"].values(),
                                              r["advantages"].values(), r.epsilon)));
    int held = 0;
    for (int64_t i = 0; i < r["old"].size(); ++i) {
        const double old = r["old"][i], advantage = r["advantages"][i];
        const auto gain = [&](double x) {
            return clipped_surrogate(std::exp(x - old), advantage, r.epsilon);
        };
        const double x = r["log_prob"][i], h = 1e-5;
        const double slope = (gain(x + h) - gain(x - h)) / (2 * h);
        CHECK(tape.grad(log_prob)[i] == doctest::Approx(slope).epsilon(1e-4));
        held += slope == 0;
    }
    CHECK(held > 10); // the case was seen
    CHECK(held < 54);
}

TEST_CASE("clip fraction and approximate KL") {
    const std::vector<float> old{-1, -1, -1, -1};
    const std::vector<float> now{-1, -1 + std::log(1.5f), -1 + std::log(1.1f), -1 + std::log(0.5f)};
    const Shift shift = shift_of(now, old, 0.2);
    CHECK(shift.clip_fraction == doctest::Approx(0.5));
    const double expected =
        (0 + (0.5 - std::log(1.5)) + (0.1 - std::log(1.1)) + (-0.5 - std::log(0.5))) / 4;
    CHECK(shift.approx_kl == doctest::Approx(expected).epsilon(1e-5));
    CHECK(shift_of({}, {}, 0.2).clip_fraction == 0);
}
