#pragma once
// What an episode is paid, and for which of its tokens.
//
//   verifier  1 at the answer token if the answer is right by the world's verifier, else 0
//   orm       at the answer token, the outcome model's probability that the answer is right
//   reward    at the answer token, the score of the model of people's ranks, which is only
//             defined up to a shift: in deviations from its mean on the tuned model's own
//             solutions (Ziegler et al. 2019); a solution without an answer gets
//             `no_answer`, one without an answer gets 0 from all others
//   prm       at the end token of each step. With r_i the probability that step i is right:
//             product  the change of the product r_1 ... r_i that the step makes, the first
//                      step all of r_1. The sum over a solution is the product over it, by
//                      which searches choose, and a wrong step is charged where it was made;
//             sum      r_i itself (Uesato et al. 2022; Shao et al. 2024): more steps, more pay
//
// The score of an episode is the sum of what it is paid.

#include "search/problem/world.h"
#include "train/rl/episodes.h"
#include "train/run/run.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct Reward {
    int at = 0; // index of a written token in Episode::tokens
    float value = 0;
};
using Rewards = std::vector<std::vector<Reward>>; // of each episode, at least one, by rising `at`
using RewardFunction = std::function<Rewards(std::span<const Episode>)>;

inline constexpr float kNoAnswer = -2; // of `reward`, in deviations

RewardFunction verifier_reward(const search::World& world);
RewardFunction outcome_reward(engine::Gpt orm);
// `own`: solutions of the model that training starts from.
RewardFunction rank_reward(engine::Gpt model, std::span<const Episode> own);
// Error unless pay is "product" or "sum".
RewardFunction step_reward(engine::Gpt prm, const std::string& pay);

// The pay for the steps with the probabilities r, as above. `finished`: the last step is the
// answer; if not, a product falls to 0 at the end: the last entry is for the last token.
std::vector<float> product_pay(std::span<const float> r, bool finished);

float score_of(std::span<const Reward> rewards);

} // namespace qstar::train
