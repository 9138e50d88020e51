#pragma once
// What a step is worth, by roll-outs: the targets to which Q is fitted (q.h).

#include "search/models/scorer.h"
#include "train/q_learning/q_rollouts.h"

#include <span>
#include <vector>

namespace qstar::train {

// A value for each step of each roll-out.
using StepValues = std::vector<std::vector<float>>;

// Mean outcome of all roll-outs through the step, counted as often as they were drawn.
StepValues monte_carlo_returns(std::span<const Rollout> rollouts, double discount = 1);

// The best outcome of them: the right-hand side where the max runs over what was tried, all the way
// to the end. It is never above Q* where the world rewards surely (the return that was had can be
// had again), needs no network, and a step from which one of fifty roll-outs came out right is
// worth what the one made of it.
StepValues best_returns(std::span<const Rollout> rollouts, double discount = 1);

// R + discount * max Q(next), with the target network's Q of all next steps from one
// batch. Without a target network Q is 0 everywhere.
StepValues fitted_q_targets(std::span<const Rollout> rollouts, search::Scorer* target,
                            double discount = 1);

} // namespace qstar::train
