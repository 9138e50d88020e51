// A large minibatch is cut for threads and ranks: its gradient is that of the whole.

#include "engine/nn/batch_cut.h"
#include "train/rl/policy_gradient.h"

#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <vector>

using namespace qstar;
using namespace qstar::train;

namespace {

// So many episodes of 3 given and 1 to 60 written tokens.
std::vector<Episode> random_episodes(int count) {
    Random random(5, "policy gradient");
    std::vector<Episode> episodes;
    for (int i = 0; i < count; ++i) {
        Episode episode;
        episode.prompt = 3;
        episode.tokens.resize(4 + static_cast<size_t>(random.below(60)));
        for (int& token : episode.tokens) token = static_cast<int>(random.below(260));
        episodes.push_back(std::move(episode));
    }
    return episodes;
}

// The mean log-probability of the written tokens.
engine::Var mean_of(engine::Tape& tape, engine::Var log_prob, const Minibatch& part,
                    const Minibatch& whole) {
    const float each = 1.0f / static_cast<float>(whole.targets.size());
    return weighted_sum(tape, log_prob, std::vector(part.targets.size(), each));
}

} // namespace

TEST_CASE("the rows of a minibatch are those of its episodes") {
    const auto episodes = random_episodes(7);
    const Minibatch whole = make_minibatch(episodes);
    std::vector<size_t> flat;
    for (const auto& [first, count] : std::vector<std::pair<int64_t, int64_t>>{{0, 3}, {3, 4}}) {
        const Minibatch part = rows_of(whole, first, count);
        CHECK(part.rows == count);
        CHECK(part.time == whole.time);
        CHECK(part.inputs.size() == size_t(count * whole.time));
        for (size_t k = 0; k < part.targets.size(); ++k) {
            CHECK(part.inputs[size_t(part.at[k])] == part.targets[k]);
            CHECK(part.before[k] == part.at[k] - 1);
        }
        CHECK(part.lengths.size() == part.targets.size());
        flat.insert(flat.end(), part.flat.begin(), part.flat.end());
    }
    CHECK(flat == whole.flat);
}

TEST_CASE("the gradient of a cut minibatch is that of the whole") {
    engine::GptConfig config;
    config.layers = 1;
    config.heads = 2;
    config.width = 256;
    config.context = 64;
    engine::Gpt cut(config, Random(1, "policy gradient")), whole = without_scalar_head(cut);
    const auto episodes = random_episodes(56);
    const Minibatch batch = make_minibatch(episodes);
    REQUIRE(engine::cut_batch(config, batch.rows, batch.time).leaves == 2);
    const std::vector<float> old(batch.targets.size(), -5.0f);

    engine::Tape tape;
    const PolicyLoss found =
        policy_gradient(tape, cut, batch, old, 0.2,
                        [&](engine::Tape& own, const Minibatch& part, engine::Var log_prob) {
                            CHECK(part.rows == 28);
                            return mean_of(own, log_prob, part, batch);
                        });

    engine::Tape plain;
    const engine::Var chosen = log_prob(plain, written_logits(plain, whole, batch), batch.targets);
    const engine::Var loss = scale(plain, mean_of(plain, chosen, batch, batch), -1.0f);
    const Shift shift = shift_of(plain.value(chosen).values(), old, 0.2);
    plain.backward(loss);
    CHECK(found.loss == doctest::Approx(plain.value(loss)[0]).epsilon(1e-5));
    CHECK(found.shift.clip_fraction == doctest::Approx(shift.clip_fraction));
    CHECK(found.shift.approx_kl == doctest::Approx(shift.approx_kl).epsilon(1e-4));
    for (size_t p = 0; p < whole.parameters.size(); ++p) {
        const auto ours = cut.parameters[p].grad.values(),
                   theirs = whole.parameters[p].grad.values();
        REQUIRE(ours.size() == theirs.size());
        float largest = 0, gap = 0;
        for (size_t i = 0; i < ours.size(); ++i) {
            largest = std::max(largest, std::abs(theirs[i]));
            gap = std::max(gap, std::abs(ours[i] - theirs[i]));
        }
        CHECK_MESSAGE(gap <= 2e-5f * largest, whole.parameters[p].name);
    }
}
