#pragma once
// DPO: the policy learns from ranks, without a reward model and without writing a word.
//
// Rafailov et al., "Direct Preference Optimization: Your Language Model is Secretly a Reward
// Model" (2023). The policy that is best for a reward r at a price of beta for each nat of KL
// is pi(y) ~ pi_ref(y) exp(r(y) / beta); turned round, any policy is the best one for the
// implicit reward
//
//   r(y) = beta log(pi(y) / pi_ref(y))  (+ a constant of the problem),
//
// and the loss of a reward model (bradley_terry.h) with this r trains it directly:
//
//   dpo   -log sigmoid(beta h),        h = log(pi(w) / pi_ref(w)) - log(pi(l) / pi_ref(l))
//   ipo   (h - 1 / (2 beta))^2         which stops at a margin, where DPO goes on for ever with
//                                      annotators who never disagree (Azar et al., "A General
//                                      Theoretical Paradigm to Understand Learning from Human
//                                      Preferences", 2023, equation 17)

#include "train/preference/bradley_terry.h"
#include "train/run/trainer.h"

#include <span>
#include <string>

namespace qstar::train {

struct DpoOptions {
    StageOptions stage;
    LoopOptions loop{.lr = 3e-5, .warmup = 10, .weight_decay = 0};
    std::string name = "dpo";  // folder of the stage
    std::string from = "sft";  // the policy that is trained; it stays the reference
    std::string labels;        // a file of ranks; empty: the one of `qstar train rank`
    std::string loss = "dpo";  // or "ipo"
    double beta = 0.5;         // the price of a nat
    int64_t epochs = 1;        // passes over the ranks
    int64_t limit = 0;         // use only the first so many prompts; 0: all
    int64_t kl_episodes = 256; // solutions by which the KL is estimated, ten times; 0: never
};

// DIR/sft/model.safetensors + DIR/ranks/ranks.jsonl -> DIR/dpo/model.safetensors
//
// Logged, besides the loss: reward_margin (beta h, in the mean), reward_accuracy (share of
// pairs with h > 0), reward_chosen and reward_rejected; and from solutions that the policy
// writes under training problems `kl`, `kl_k3`, `right`, `entropy`, `length`, as PPO does
// (rl.h). In done.json, on held-out pairs, val_accuracy and val_margin. The chosen's own
// reward may well fall: only the difference is trained.
void describe(Flags& f, DpoOptions& o);
Outcome dpo(const DpoOptions& options);

// Log-probabilities (n, 1) of the outputs' written tokens, in order, less those of the
// reference (n) -> (P, 1): h of each pair.
engine::Var log_ratio_margins(engine::Tape& tape, engine::Var log_prob,
                              std::span<const float> reference, const Comparisons& compared);

// h (P, 1), one weight a pair -> (): the weighted mean of the loss of that name; `total` as in
// bradley_terry_loss().
engine::Var preference_loss(engine::Tape& tape, engine::Var margins, std::span<const float> weights,
                            double beta, const std::string& loss, double total = 0);

} // namespace qstar::train
