// Episodes, what they are paid, and how groups of them are compared.

#include "engine/base/error.h"
#include "engine/nn/gpt.h"
#include "search/worlds/make_world.h"
#include "train/data/worlds/split.h"
#include "train/rl/episodes.h"
#include "train/rl/grpo.h"
#include "train/rl/minibatch.h"
#include "train/rl/rl_reward.h"

#include <cmath>
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <set>

using namespace qstar;
using namespace qstar::train;
using Floats = std::vector<float>;

namespace {

engine::Gpt random_model(bool head = false) {
    engine::GptConfig config;
    config.layers = 2;
    config.heads = 2;
    config.width = 16;
    config.context = 40;
    config.scalar_head = head;
    engine::Gpt model(config, Random(3, "episode"));
    if (head)
        for (float& w : model.parameter("score.weight").value.values()) w = 0.5f;
    return model;
}

const std::vector<std::string> three_problems{"3*(4+5)-2", "1+2*3", "7-2-1"};

std::vector<Episode> some_episodes(int64_t samples = 50) {
    return roll_out(random_model(), tokenizer::Tokenizer(), three_problems, samples, 20, 1, 2);
}

// An episode of `group` with 2 tokens given and `written` written.
Episode plain(int group, int written) {
    Episode episode;
    episode.group = group;
    episode.prompt = 2;
    episode.tokens.assign(static_cast<size_t>(2 + written), 65);
    return episode;
}

} // namespace

TEST_CASE("an episode is the prompt and what was written, with its steps") {
    const tokenizer::Tokenizer tokenizer;
    const int step = tokenizer.special(tokenizer::kStep),
              answer = tokenizer.special(tokenizer::kAnswer);
    const auto episodes = some_episodes();
    REQUIRE(episodes.size() == 150);
    std::set<std::vector<int>> different;
    int finished = 0, cut = 0;
    for (size_t i = 0; i < episodes.size(); ++i) {
        const Episode& r = episodes[i];
        CHECK(r.group == static_cast<int>(i / 50));
        CHECK(r.path.problem == three_problems[i / 50]);
        CHECK(r.written() >= 1);
        CHECK(r.written() <= 20);
        CHECK(r.ends.size() == r.path.steps.size());
        std::string text; // the written tokens are the steps and their ends
        for (const std::string& line : r.path.steps) text += line + "|";
        std::string written;
        const int last_end = r.ends.empty() ? r.prompt - 1 : r.ends.back();
        for (int t = r.prompt; t <= last_end; ++t)
            written += tokenizer.is_special(r.tokens[size_t(t)])
                           ? "|"
                           : tokenizer.token(r.tokens[size_t(t)]);
        CHECK(written == text);
        for (const int end : r.ends)
            CHECK((r.tokens[size_t(end)] == step || r.tokens[size_t(end)] == answer));
        CHECK(r.path.finished == (r.tokens.back() == answer));
        finished += r.path.finished;
        cut += r.written() == 20 && !r.path.finished;
        different.insert(r.tokens);
    }
    CHECK(finished > 0);
    CHECK(cut > 0);
    CHECK(different.size() > 140);
}

TEST_CASE("an episode depends neither on the batch nor on what was drawn before") {
    const auto all = some_episodes();
    const auto few = some_episodes(3);
    for (size_t p = 0; p < three_problems.size(); ++p)
        for (size_t s = 0; s < 3; ++s) CHECK(few[3 * p + s].tokens == all[50 * p + s].tokens);
    // More than are written at once: a slot goes on with the next one, at any time.
    const auto many =
        roll_out(random_model(), tokenizer::Tokenizer(), three_problems, 90, 20, 1, 2);
    for (size_t p = 0; p < three_problems.size(); ++p)
        for (size_t s = 0; s < 50; ++s) {
            CHECK(many[90 * p + s].tokens == all[50 * p + s].tokens);
            CHECK(many[90 * p + s].path.steps == all[50 * p + s].path.steps);
        }
    const auto other =
        roll_out(random_model(), tokenizer::Tokenizer(), three_problems, 3, 20, 1, 7);
    CHECK(other[0].tokens != few[0].tokens);
    const std::vector<std::string> long_problem{std::string(60, '1')};
    CHECK_THROWS_WITH_AS(
        roll_out(random_model(), tokenizer::Tokenizer(), long_problem, 1, 20, 1, 2),
        doctest::Contains("63 tokens"), Error);
}

TEST_CASE("draws follow the policy: their frequencies are its probabilities") {
    const auto episodes = some_episodes(1000);
    engine::Gpt model = random_model();
    const TokenProbs probs = token_probs(model, episodes);
    // E[-log p(first token)] is the entropy there.
    const auto offsets = offsets_of(episodes);
    double surprise = 0, entropy = 0;
    for (size_t i = 0; i < 1000; ++i) {
        surprise -= probs.log_prob[offsets[i]] / 1000;
        entropy += probs.entropy[offsets[i]] / 1000;
    }
    CHECK(surprise == doctest::Approx(entropy).epsilon(0.02));
}

TEST_CASE("token probabilities and scores are those of each sequence alone") {
    const auto episodes = some_episodes(3);
    engine::Gpt policy = random_model(), scorer = random_model(true);
    const TokenProbs probs = token_probs(policy, episodes);
    const Floats before = values_before(scorer, episodes), at = scores_at(scorer, episodes);
    const auto offsets = offsets_of(episodes);
    for (size_t i = 0; i < episodes.size(); ++i) {
        const Episode& r = episodes[i];
        engine::Tape tape(false);
        const auto time = static_cast<int64_t>(r.tokens.size());
        const engine::Var states = hidden(tape, policy, r.tokens, 1, time);
        std::vector<int> next(r.tokens.begin() + 1, r.tokens.end());
        next.push_back(0);
        const engine::Var log_probs = log_prob(tape, logits(tape, policy, states), next);
        const engine::Var scored = scores(tape, scorer, hidden(tape, scorer, r.tokens, 1, time));
        for (int w = 0; w < r.written(); ++w) {
            const size_t flat = offsets[i] + size_t(w);
            const int64_t position = r.prompt + w;
            CHECK(probs.log_prob[flat] == tape.value(log_probs)[position - 1]);
            CHECK(before[flat] == tape.value(scored)[position - 1]);
            CHECK(at[flat] == tape.value(scored)[position]);
        }
    }
}

TEST_CASE("minibatches hold every written token once") {
    const auto episodes = some_episodes(4);
    const std::vector<int64_t> order{11, 3, 0, 1, 2, 4, 5, 6, 10, 9, 8, 7};
    Floats flat(offsets_of(episodes).back());
    for (size_t i = 0; i < flat.size(); ++i) flat[i] = static_cast<float>(i);
    std::vector<int> seen(flat.size(), 0);
    const auto batches = make_minibatches(episodes, order, 5);
    REQUIRE(batches.size() == 3);
    CHECK(batches[2].rows == 2);
    for (const Minibatch& b : batches) {
        const Floats picked = pick(flat, b);
        for (size_t k = 0; k < picked.size(); ++k) {
            ++seen[b.flat[k]];
            CHECK(picked[k] == static_cast<float>(b.flat[k]));
            CHECK(b.at[k] == b.before[k] + 1);
            CHECK(b.inputs[size_t(b.at[k])] == b.targets[k]);
        }
    }
    for (const int count : seen) CHECK(count == 1);
}

TEST_CASE("episodes with a held-out line are left out") {
    auto episodes = some_episodes(2);
    std::string held;
    for (int i = 1; held.empty(); ++i)
        if (const std::string line = fmt::format("{}+2*3", i); held_out(line)) held = line;
    episodes[1].path.steps = {"5", held};
    const size_t before = episodes.size();
    drop_held_out(episodes);
    CHECK(episodes.size() == before - 1);
    CHECK(episodes[1].group == 1);
}

TEST_CASE("product pay: the sum is the product, and a bad step is charged where it was made") {
    const Floats r{0.9f, 0.5f, 0.8f};
    const Floats pay = product_pay(r, true);
    CHECK(pay[0] == doctest::Approx(0.9));
    CHECK(pay[1] == doctest::Approx(-0.45));
    CHECK(pay[2] == doctest::Approx(-0.09));
    CHECK(pay[0] + pay[1] + pay[2] == doctest::Approx(0.36));
    const Floats open = product_pay(r, false); // never came to an answer
    CHECK(open.size() == 4);
    CHECK(pay[0] + pay[1] + pay[2] + open[3] == doctest::Approx(0));
    CHECK(product_pay({}, false) == Floats{0});
}

TEST_CASE("rewards stand at the answer, or at the ends of the steps") {
    auto episodes = some_episodes();
    const auto world = search::make_world("arithmetic");
    engine::Gpt scorer = random_model(true);
    const Floats at = scores_at(scorer, episodes);
    const auto offsets = offsets_of(episodes);
    const auto sigmoid = [](float x) { return 1 / (1 + std::exp(-x)); };

    const Rewards outcome = outcome_reward(random_model(true))(episodes);
    const Rewards product = step_reward(random_model(true), "product")(episodes);
    const Rewards sum = step_reward(random_model(true), "sum")(episodes);
    const Rewards ranks = rank_reward(random_model(true), episodes)(episodes);
    double mean = 0, finished = 0;
    for (size_t i = 0; i < episodes.size(); ++i) {
        const Episode& r = episodes[i];
        const int last = static_cast<int>(r.tokens.size()) - 1;
        double total = 1;
        for (const int end : r.ends) total *= sigmoid(at[offsets[i] + size_t(end - r.prompt)]);
        if (!r.path.finished) total = 0;
        REQUIRE(outcome[i].size() == 1);
        CHECK(outcome[i][0].at == last);
        CHECK(score_of(outcome[i]) ==
              doctest::Approx(r.path.finished ? sigmoid(at[offsets[i + 1] - 1]) : 0));
        CHECK(score_of(product[i]) == doctest::Approx(total).epsilon(1e-4));
        for (size_t s = 0; s < r.ends.size(); ++s) {
            CHECK(sum[i][s].at == r.ends[s]);
            CHECK(sum[i][s].value ==
                  doctest::Approx(sigmoid(at[offsets[i] + size_t(r.ends[s] - r.prompt)])));
        }
        if (r.path.finished)
            mean += score_of(ranks[i]), finished += 1;
        else
            CHECK(score_of(ranks[i]) == kNoAnswer);
    }
    CHECK(std::abs(mean / finished) < 1e-3); // in deviations from the mean

    Episode& first = episodes[0]; // 3*(4+5)-2
    first.path.steps = {"3*9-2", "25"};
    first.path.finished = true;
    CHECK(score_of(verifier_reward(*world)(episodes)[0]) == 1);
    first.path.steps.back() = "26";
    CHECK(score_of(verifier_reward(*world)(episodes)[0]) == 0);
    first.path.steps.back() = "25";
    first.path.finished = false;
    CHECK(score_of(verifier_reward(*world)(episodes)[0]) == 0);
    CHECK_THROWS_AS(outcome_reward(random_model()), Error); // no head
    CHECK_THROWS_AS(step_reward(random_model(true), "maximum"), Error);
}

TEST_CASE("group advantages by hand") {
    // Two groups: scores 1, 0, 0, 0 and a single one, which has no baseline.
    const std::vector<Episode> episodes{plain(0, 1), plain(0, 2), plain(0, 1), plain(0, 1),
                                        plain(1, 3)};
    const Rewards rewards{{{2, 1}}, {{3, 0}}, {{2, 0}}, {{2, 0}}, {{4, 1}}};
    const Floats group = group_advantages(episodes, rewards, "group");
    REQUIRE(group.size() == 8);
    const double deviation = std::sqrt(3.0 / 16) + 1e-4; // mean 1/4
    CHECK(group[0] == doctest::Approx(0.75 / deviation));
    CHECK(group[1] == doctest::Approx(-0.25 / deviation)); // both tokens of the second
    CHECK(group[2] == doctest::Approx(-0.25 / deviation));
    CHECK(group[5] == 0);
    CHECK(group[7] == 0);
    CHECK(group_advantages(episodes, rewards, "mean")[0] == doctest::Approx(0.75));
    const Floats rloo = group_advantages(episodes, rewards, "rloo");
    CHECK(rloo[0] == doctest::Approx(1));        // the others have 0
    CHECK(rloo[2] == doctest::Approx(-1.0 / 3)); // one of three others has 1
}

TEST_CASE("process supervision: a token has the rewards of its step and of those after it") {
    const std::vector<Episode> episodes{plain(0, 4), plain(0, 2)};
    // Steps end at the written tokens 1 and 3, and at 1. Mean of the three rewards: 2.
    const Rewards rewards{{{3, 3}, {5, 1}}, {{3, 2}}};
    const Floats mean = group_advantages(episodes, rewards, "mean");
    CHECK(mean == Floats{0, 0, -1, -1, 0, 0});
    const Floats group = group_advantages(episodes, rewards, "group");
    CHECK(group[3] == doctest::Approx(-1 / (std::sqrt(2.0 / 3) + 1e-4)));
}
