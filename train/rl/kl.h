#pragma once
// How far a policy p has gone from its reference q: KL(p || q) = E_p[log p - log q].
//
// The sum over all texts is out of reach; it is estimated from tokens that p has drawn.
// With r = q(x) / p(x) (J. Schulman, "Approximating KL Divergence", 2020):
//
//   k1 = -log r              unbiased, but its sign changes from token to token
//   k2 = (log r)^2 / 2       never negative, little noise, a little biased
//   k3 = (r - 1) - log r     never negative and unbiased
//
// PPO pays k1 as a part of the reward (Ziegler et al. 2019), GRPO has k3 in its loss
// (Shao et al. 2024).

#include "engine/autograd/ops.h"
#include "engine/base/elementary.h"

#include <span>

namespace qstar::train {

inline double k1(double log_p, double log_q) { return log_p - log_q; }
inline double k2(double log_p, double log_q) {
    const double log_r = log_q - log_p;
    return log_r * log_r / 2;
}
inline double k3(double log_p, double log_q) {
    const double log_r = log_q - log_p;
    return math::expm1(log_r) - log_r;
}

// k3 of each token, to be differentiated: log_p (n, 1) on the tape, log_q (n) fixed -> (n, 1).
engine::Var k3(engine::Tape& tape, engine::Var log_p, std::span<const float> log_q);

// The coefficient of the penalty, steered so that the KL stays near a target (Ziegler et
// al., "Fine-Tuning Language Models from Human Preferences", 2019, section 2.2):
//   e = clip((KL - target) / target, -0.2, 0.2),  beta <- beta (1 + gain e)
// A target of 0 leaves the coefficient as it is.
double adapt_kl(double beta, double kl, double target, double gain);

} // namespace qstar::train
