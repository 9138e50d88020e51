#pragma once
// Generalised advantage estimation (Schulman et al., "High-Dimensional Continuous Control
// Using Generalized Advantage Estimation", 2016), and what PPO does with its result.
//
// A solution is an episode, each written token an action. With rewards r_t and values
// V_t = V(what stood there before token t), t = 0 .. T-1, and V_T = 0 after the end:
//
//   delta_t = r_t + gamma V_{t+1} - V_t              the surprise of one token
//   A_t     = sum_{l >= 0} (gamma lambda)^l delta_{t+l}
//   R_t     = A_t + V_t                              what the value function is to learn
//
// lambda = 1 trusts the rewards that came (no bias, much noise), lambda = 0 the values.

#include <span>
#include <vector>

namespace qstar::train {

struct Advantages {
    std::vector<float> advantages, returns; // one a token
};
// Of one episode; both spans have one entry a token.
Advantages gae(std::span<const float> rewards, std::span<const float> values, double gamma,
               double lambda);

// (x - mean) / deviation over all entries, so that the size of the rewards does not decide
// about the size of a step. Equal entries become 0.
void whiten(std::span<float> values);

// 1 - Var(R - V) / Var(R): 1, the values predict the returns; 0, no better than their mean;
// below 0, worse. 0 where all returns are equal.
double explained_variance(std::span<const float> returns, std::span<const float> values);

} // namespace qstar::train
