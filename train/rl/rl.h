#pragma once
// What PPO and GRPO have in common: flags, the setup on which a policy is trained
// (problems, reference, rewards), and the diagnostics.

#include "train/data/problem_source.h"
#include "train/rl/minibatch.h"
#include "train/rl/rl_reward.h"
#include "train/run/trainer.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct RlOptions {
    StageOptions stage = {};
    LoopOptions loop{.batch = 128, .lr = 2e-4, .warmup = 2, .weight_decay = 0, .save_every = 10};
    std::string name;                 // folder of the stage: begins with the algorithm's name
    std::string from = "sft";         // the stage whose policy is trained, and kept as reference
    std::string reward = "verifier";  // verifier, orm, prm or reward (rl_reward.h)
    std::string step_pay = "product"; // of the prm
    int64_t steps = 40;               // each with new episodes, `batch` of them
    int64_t epochs = 2;               // passes over the episodes of a step
    int64_t minibatch = 32;           // episodes an update
    double epsilon = 0.2;             // of the clip
    int64_t max_tokens = 64;          // of a solution
    int min_operands = 3;             // of the problems; 0: as in the corpus
    bool summary = false;             // print the course of the training at the end
};
void describe(Flags& f, RlOptions& o);
void check(const RlOptions& options, const std::string& algorithm);
// With the files that the training starts from: policy, reward model (if the reward has one).
void record_inputs(Json& flags, const RlOptions& options);

// The setup: everything of a run that an episode and its pay need.
struct RlSetup {
    tokenizer::Tokenizer tokenizer;
    ProblemSource source;  // the world and its problems
    engine::Gpt reference; // the policy of options.from
    uint64_t seed;
    RewardFunction reward;
};
RlSetup prepare(const RlOptions& options, uint64_t seed);

// `samples` solutions of each of the training problems of one step, a pure function of the
// policy, the seed, the step and the round, in which some of them are drawn again. Those with
// held-out lines are left out.
std::vector<Episode> roll_out(const RlSetup& setup, const RlOptions& options,
                              const engine::Gpt& policy, int64_t step, int64_t problems,
                              int64_t samples, int64_t round = 0);

// The order of the episodes in one epoch of a step.
std::vector<int64_t> epoch_order(size_t episodes, uint64_t seed, int64_t step, int64_t epoch);

// Means over a step's episodes:
//   score     what the reward function pays
//   right     share with the right answer by the verifier. The reward may be another one:
//             this is for the reader, nothing learns from it (but with --reward verifier)
//   finished  share that came to an answer;  length: tokens written
//   kl        to the reference, nats a solution (the sum of k1);  kl_k3: by the other estimator
//   entropy   nats a token
struct Diagnostics {
    int64_t episodes = 0;
    double score = 0, right = 0, finished = 0, kl = 0, kl_k3 = 0, entropy = 0, length = 0;

    Metrics metrics() const;  // by these names
    std::string note() const; // for the progress bar
};
// `reference`: log-probabilities of the written tokens, flat.
Diagnostics diagnostics(const RlSetup& setup, std::span<const Episode> episodes,
                        const Rewards& rewards, const TokenProbs& policy,
                        std::span<const float> reference);

// Of metrics.jsonl: the means over the first and the last tenth of the steps, for done.json.
Json first_and_last(const Stage& stage);
// Prints the course in ten rows and, if the score rose while fewer answers were right, says
// so: the policy has learned to please the reward model (Gao et al., "Scaling Laws for Reward
// Model Overoptimization", 2023).
void print_summary(const RlOptions& options, const Stage& stage);

} // namespace qstar::train
