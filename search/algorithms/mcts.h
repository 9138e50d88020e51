#pragma once
// Monte-Carlo tree search over reasoning steps with PUCT (puct.h). No solution is played out:
// the scorer rates new steps instead, as a value network does in AlphaZero (Silver et al. 2017).

#include "search/models/method.h"

namespace qstar::search {

// The prior P of a step is its share of the probability of the different steps that were
// drawn, its value the path's score; without a scorer all values are equal and the priors
// lead. Two paths in the same state are one node, which keeps the path with the better score.
// A node all of whose ways are finished is drawn from again, until that brings nothing new.
// Ends with the budget; the result is the finished path with the best score, else the path
// of the best score. Where the goal is public, the first path that reaches it.
Result mcts(Proposer& proposer, Scorer* scorer, const std::string& problem, const Options& options);

} // namespace qstar::search
