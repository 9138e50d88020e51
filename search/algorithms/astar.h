#pragma once
// A* over reasoning steps (Hart, Nilsson and Raphael, "A Formal Basis for the Heuristic
// Determination of Minimum Cost Paths", 1968).
//
//   f(n) = g(n) + weight * h(n)
//   g(n): the costs of its steps, -log p(step) by the proposer, or 1 each
//   h(n): -log of the aggregated score of its steps, 0 without a scorer
//
// The proposer stands for the paper's successor operator: it draws some of the next
// steps, or lists the likeliest (Options::n_best), not all. h rates the path so far, not the way
// that is left, and a finished path keeps it: it is what tells a right ending from a wrong one. So
// with the product of a PRM's scores and -log p, f is the negative logarithm of "this is what one
// would write, and all of it is right".

#include "search/models/method.h"

namespace qstar::search {

// With Options::partial an expanded path stays open for the steps that were not seen yet, with
// g - log(what is left of the probability) and the h of its best step so far (partial expansion:
// Yoshizumi, Miura and Ishida, "A* with Partial Expansion for Large Branching Factor Problems",
// 2000). So a few steps an expansion are enough.
//
// Two paths in the same state, by default at the same last line, are one node: the path with
// the smaller f counts, and a state that was closed is opened again for it (the paper's step 4).
// Of equal f the finished path goes first, then the longer one, then the one found first. The
// first finished path that is selected is the result. If the budget ends before: the best
// finished path that is open, else the best path with no answer. Where the goal is public
// (Options::goal), a step that reaches it ends the search as soon as it is made, and when
// nothing is open any more, the closed nodes are opened again for what they have left.
Result astar(Proposer& proposer, Scorer* scorer, const std::string& problem,
             const Options& options);

} // namespace qstar::search
