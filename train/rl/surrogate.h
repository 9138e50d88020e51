#pragma once
// The clipped objectives of PPO (Schulman et al., "Proximal Policy Optimization
// Algorithms", 2017, equations 6, 7 and 9), shared by PPO and GRPO.
//
// Episodes are costly, so several steps are made with the same ones. Then the policy is no
// longer the one that wrote them, and with the ratio p = pi(a|s) / pi_old(a|s) a token of
// advantage A is worth
//
//   min(p A, clip(p, 1 - epsilon, 1 + epsilon) A):
//
// there is nothing to gain by going further than epsilon, but all to lose by a step in the
// wrong direction. All functions take n written tokens and give (n, 1), one a token.
//
// An upper end further away than the lower one leaves room for what is rare to become likely, and
// the entropy falls more slowly ("clip-higher" of DAPO, 2503.14476, 2025).

#include "engine/autograd/ops.h"

#include <span>

namespace qstar::train {

// A ratio is held within 1 - below and 1 + above.
struct Clip {
    double below, above;
    Clip(double epsilon) : below(epsilon), above(epsilon) {} // NOLINT: one number for both
    Clip(double below_, double above_) : below(below_), above(above_) {}
};

// The formula above for one token.
double clipped_surrogate(double ratio, double advantage, Clip clip);

// On the tape: log_prob (n, 1) of the policy that learns, `old` (n) of the one that wrote.
engine::Var clipped_surrogate(engine::Tape& tape, engine::Var log_prob, std::span<const float> old,
                              std::span<const float> advantages, Clip clip);

// max((V - R)^2, (clip(V, V_old - epsilon, V_old + epsilon) - R)^2) / 2, the value
// function's loss of the PPO implementations (Huang et al., "The 37 Implementation Details
// of Proximal Policy Optimization", 2022, detail 9).
double clipped_value_loss(double value, double old, double target, double epsilon);
engine::Var clipped_value_loss(engine::Tape& tape, engine::Var values, std::span<const float> old,
                               std::span<const float> returns, double epsilon);

// sum_i w_i x_i of x (n, 1) -> (): a mean, when the weights sum to 1.
engine::Var weighted_sum(engine::Tape& tape, engine::Var x, std::span<const float> weights);

// What practitioners watch: of the tokens of one update, the share whose ratio is outside
// the clip, and the mean of k3 (kl.h) between the policy that wrote and the one that learns.
struct Shift {
    double clip_fraction = 0, approx_kl = 0;
};
// `tokens`: of the whole update, where these are a part, whose share in the means is found.
Shift shift_of(std::span<const float> log_prob, std::span<const float> old, Clip clip,
               size_t tokens = 0);

} // namespace qstar::train
