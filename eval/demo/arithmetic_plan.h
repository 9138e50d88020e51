#pragma once
// How the demo of arithmetic spends its time: how much of everything, in its three sizes. 0 is the
// stage's own default, which for data is all there is.

#include <cstdint>

namespace qstar::eval {

struct ArithmeticPlan {
    int high = 12;       // largest number of a problem,
    int64_t bound = 200; // and on the way
    int64_t corpus_tokens;
    double warm; // share of them with short problems, at the beginning
    int64_t pretrain_batch, pretrain_steps = 0, layers, width; // the policy
    int64_t sample_problems;
    int64_t reward_prompts, dpo_prompts, preference_problems; // ranks
    int64_t orm_solutions = 0, prm_solutions = 0, rollout_solutions, q_problems;
    // Self-play: of the first round, later ones have more; the last one is guided by Q.
    int64_t play_rounds, play_problems, play_guided, play_again;
    int64_t distil_problems, dev_problems;
    int64_t curve_problems, ladder_problems; // held-out ones
};

inline constexpr ArithmeticPlan kQuickPlan = {
    .high = 9,
    .bound = 20,
    .corpus_tokens = 400'000,
    .warm = 0.15,
    .pretrain_batch = 16,
    .layers = 2,
    .width = 64,
    .sample_problems = 200,
    .reward_prompts = 100,
    .dpo_prompts = 100,
    .preference_problems = 50,
    .rollout_solutions = 100,
    .q_problems = 60,
    .play_rounds = 3,
    .play_problems = 60,
    .play_guided = 60,
    .play_again = 8,
    .distil_problems = 60,
    .dev_problems = 50,
    .curve_problems = 20,
    .ladder_problems = 100,
};
// Eight minutes on two cores with AVX2.
inline constexpr ArithmeticPlan kStandardPlan = {
    .corpus_tokens = 6'000'000,
    .warm = 0.03,
    .pretrain_batch = 8,
    .pretrain_steps = 900,
    .layers = 4,
    .width = 128,
    .sample_problems = 16'000,
    .reward_prompts = 1200,
    .dpo_prompts = 1800,
    .preference_problems = 1000,
    .orm_solutions = 8'000,
    .prm_solutions = 30'000,
    .rollout_solutions = 1000,
    .q_problems = 500,
    .play_rounds = 5,
    .play_problems = 15'000,
    .play_guided = 4000,
    .play_again = 24,
    .distil_problems = 3000,
    .dev_problems = 200,
    .curve_problems = 300,
    .ladder_problems = 1000,
};
// A quarter of an hour. A fifth round without a search, of 210,000 problems, forgets: 99.6 to
// 98.8 % of 2,000 dev problems (eval/LOG.md).
inline constexpr ArithmeticPlan kFullPlan = {
    .corpus_tokens = 14'000'000,
    .warm = 0.03,
    .pretrain_batch = 16,
    .pretrain_steps = 1200,
    .layers = 4,
    .width = 128,
    .sample_problems = 30'000,
    .reward_prompts = 5000,
    .dpo_prompts = 3000,
    .preference_problems = 1000,
    .orm_solutions = 30'000,
    .rollout_solutions = 2000,
    .q_problems = 1000,
    .play_rounds = 5,
    .play_problems = 20'000,
    .play_guided = 4000,
    .play_again = 64,
    .distil_problems = 8000,
    .dev_problems = 200,
    .curve_problems = 300,
    .ladder_problems = 1000,
};

} // namespace qstar::eval
