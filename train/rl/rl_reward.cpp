#include "train/rl/rl_reward.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "train/rl/minibatch.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace qstar::train {

namespace {

int last_token(const Episode& episode) { return static_cast<int>(episode.tokens.size()) - 1; }

// For each episode the model's score at the end token of each step.
std::vector<std::vector<float>> scores_of_steps(engine::Gpt& model,
                                                std::span<const Episode> episodes) {
    const std::vector<float> flat = scores_at(model, episodes);
    const std::vector<size_t> offsets = offsets_of(episodes);
    std::vector<std::vector<float>> scores(episodes.size());
    for (size_t i = 0; i < episodes.size(); ++i)
        for (const int end : episodes[i].ends)
            scores[i].push_back(flat[offsets[i] + static_cast<size_t>(end - episodes[i].prompt)]);
    return scores;
}

void check_head(const engine::Gpt& model, const char* name) {
    if (!model.config.scalar_head)
        fail("--reward {}: its model has no scalar head: it is not a reward model", name);
}

} // namespace

RewardFunction verifier_reward(const search::World& world) {
    return [&world](std::span<const Episode> episodes) {
        Rewards rewards;
        for (const Episode& r : episodes)
            rewards.push_back({{last_token(r), world.solved(r.path) ? 1.0f : 0.0f}});
        return rewards;
    };
}

RewardFunction outcome_reward(engine::Gpt orm) {
    check_head(orm, "orm");
    const auto model = std::make_shared<engine::Gpt>(std::move(orm));
    return [model](std::span<const Episode> episodes) {
        const auto scores = scores_of_steps(*model, episodes);
        Rewards rewards;
        for (size_t i = 0; i < episodes.size(); ++i) {
            const bool finished = episodes[i].path.finished;
            rewards.push_back(
                {{last_token(episodes[i]), finished ? math::sigmoid(scores[i].back()) : 0}});
        }
        return rewards;
    };
}

RewardFunction rank_reward(engine::Gpt reward_model, std::span<const Episode> own) {
    check_head(reward_model, "reward");
    const auto model = std::make_shared<engine::Gpt>(std::move(reward_model));
    double sum = 0, squares = 0, count = 0;
    const auto of_own = scores_of_steps(*model, own);
    for (size_t i = 0; i < own.size(); ++i) {
        if (!own[i].path.finished) continue;
        const double score = of_own[i].back();
        sum += score, squares += score * score, count += 1;
    }
    if (count < 2)
        fail("--reward reward: the model that training starts from finishes no solution");
    const double mean = sum / count;
    const double deviation = std::sqrt(std::max(squares / count - mean * mean, 1e-12));
    return [=](std::span<const Episode> episodes) {
        const auto scores = scores_of_steps(*model, episodes);
        Rewards rewards;
        for (size_t i = 0; i < episodes.size(); ++i) {
            const float value = episodes[i].path.finished
                                    ? static_cast<float>((scores[i].back() - mean) / deviation)
                                    : kNoAnswer;
            rewards.push_back({{last_token(episodes[i]), value}});
        }
        return rewards;
    };
}

RewardFunction step_reward(engine::Gpt prm, const std::string& pay) {
    if (pay != "product" && pay != "sum")
        fail("--step-pay must be product or sum, found \"{}\"", pay);
    const auto model = std::make_shared<engine::Gpt>(std::move(prm));
    return [model, pay](std::span<const Episode> episodes) {
        const auto scores = scores_of_steps(*model, episodes);
        Rewards rewards;
        for (size_t i = 0; i < episodes.size(); ++i) {
            const Episode& episode = episodes[i];
            std::vector<float> r;
            for (const float score : scores[i]) r.push_back(math::sigmoid(score));
            if (pay == "product") r = product_pay(r, episode.path.finished);
            std::vector<Reward> paid;
            for (size_t s = 0; s < r.size(); ++s)
                paid.push_back(
                    {s < episode.ends.size() ? episode.ends[s] : last_token(episode), r[s]});
            if (paid.empty()) paid.push_back({last_token(episode), 0});
            rewards.push_back(std::move(paid));
        }
        return rewards;
    };
}

std::vector<float> product_pay(std::span<const float> r, bool finished) {
    std::vector<float> pay;
    float product = 1;
    for (const float probability : r) {
        pay.push_back(pay.empty() ? probability : product * probability - product);
        product *= probability;
    }
    if (!finished) pay.push_back(pay.empty() ? 0 : -product);
    return pay;
}

float score_of(std::span<const Reward> rewards) {
    float score = 0;
    for (const Reward& reward : rewards) score += reward.value;
    return score;
}

} // namespace qstar::train
