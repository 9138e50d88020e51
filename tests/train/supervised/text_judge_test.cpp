// The judge that is a language model: what is asked of which token, and its gradient.
#include "train/supervised/text_judge.h"

#include "search/models/encode.h"
#include "search/models/gpt_scorer.h"
#include "tests/search/tiny_models.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace qstar;
using namespace qstar::train;

namespace {

// 27 and 7+20 are right after the problem, 25 is wrong; and 7 after 7+20 is wrong, 27 right.
KnownSteps some_steps(const tokenizer::Tokenizer& tokenizer) {
    KnownSteps known(tokenizer);
    known.add({"7+20", {"27"}, true}, 1);
    known.add({"7+20", {"25"}, true}, 0);
    known.add({"7+20", {"20+7"}, false}, 0.5f);
    known.add({"7+20", {"20+7", "9"}, true}, 0);
    return known;
}

} // namespace

TEST_CASE("a wrong step is wrong from the token on where it leaves all right ones") {
    const tokenizer::Tokenizer tokenizer;
    const KnownSteps known = some_steps(tokenizer);
    const search::Path wrong{"7+20", {"25"}, true};
    const size_t given = search::encode(tokenizer, {"7+20", {}, false}).tokens.size();
    const Example example = known.example(wrong, 1);
    REQUIRE(example.inputs == search::encode(tokenizer, wrong).tokens);
    REQUIRE(example.inputs.size() == given + 3); // 2 5 and the end
    CHECK(example.targets[given - 1] == example.inputs[given]);
    // "2" begins 27, too; "5" does not; what follows is not asked.
    CHECK(example.text_weights[given - 1] == 1);
    CHECK(example.weights[given - 1] == 0);
    CHECK(example.text_weights[given] == 0);
    CHECK(example.weights[given] == 1);
    CHECK(example.text_weights[given + 1] == 0);
    CHECK(example.weights[given + 1] == 0);
    for (size_t t = 0; t + 1 < given; ++t) CHECK(example.text_weights[t] + example.weights[t] == 0);
}

TEST_CASE("a token's share is the best value behind it in the best value before it") {
    const tokenizer::Tokenizer tokenizer;
    const KnownSteps known = some_steps(tokenizer);
    const Example example = known.example({"7+20", {"20+7", "9"}, true}, 2);
    const size_t given = search::encode(tokenizer, {"7+20", {}, false}).tokens.size();
    CHECK(example.text_weights[given - 1] == 1); // "2": of 27
    CHECK(example.text_weights[given] == 0.5f);  // "0": of 20+7 alone
    CHECK(example.weights[given] == 0.5f);
    CHECK(example.text_weights[given + 1] == 0.5f);
    CHECK(example.weights[given + 1] == 0);
    // After 20+7 nothing right is known: nothing is asked.
    for (size_t t = given + 4; t < example.inputs.size(); ++t)
        CHECK(example.text_weights[t] + example.weights[t] == 0);
}

TEST_CASE("the judge's gradient is that of its loss") {
    const tokenizer::Tokenizer tokenizer;
    const KnownSteps known = some_steps(tokenizer);
    engine::Gpt model = search::chatty();
    const std::vector<Example> examples{known.example({"7+20", {"25"}, true}, 1),
                                        known.example({"7+20", {"20+7", "9"}, true}, 2),
                                        known.example({"7+20", {"27"}, true}, 1)};
    const std::vector<int64_t> all{0, 1, 2};
    const Batch batch = make_batch(examples, all);
    engine::Tape tape;
    model.zero_grad();
    const RewardLoss loss = text_judge_gradient(tape, model, batch);
    CHECK(loss.judged > 0);
    CHECK(loss.judged < loss.total);
    const Metrics measured = validate_text_judge(model, examples, 2);
    CHECK(measured.number("val_loss") == doctest::Approx(double{loss.total}).epsilon(1e-4));
    int compared = 0;
    for (engine::Parameter& p : model.parameters) {
        const std::vector<float> gradient(p.grad.values().begin(), p.grad.values().end());
        size_t at = 0;
        for (size_t i = 0; i < gradient.size(); ++i)
            if (std::abs(gradient[i]) > std::abs(gradient[at])) at = i;
        if (gradient.empty() || std::abs(gradient[at]) < 0.01f) continue;
        float& weight = p.value.values()[at];
        const float before = weight, step = 1e-2f;
        const auto loss_at = [&](float value) {
            weight = value;
            model.zero_grad();
            return double{text_judge_gradient(tape, model, batch).total};
        };
        const double slope = (loss_at(before + step) - loss_at(before - step)) / (2 * step);
        weight = before;
        CHECK(double{gradient[at]} == doctest::Approx(slope).epsilon(0.02));
        ++compared;
    }
    CHECK(compared > 5);
}
