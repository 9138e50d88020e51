#pragma once
// Monte-Carlo tree search over a space with PUCT (Rosin 2011; Silver et al.
// 2017): values from the heuristic instead of played-out games.
//
// From the start one goes down by the action with the largest
//
//   U(s, a) = V(s, a) + explore * P(s, a) * sqrt(N(s)) / (1 + N(s, a))
//
// until a state that has no successors yet; these are made, rated in one call,
// and the best of them is backed up. N counts visits. V is the mean of what was
// backed up through a, the estimated length of a solution that way, scaled to
// [0, 1] by the largest and smallest met (as in MuZero, Schrittwieser et al.
// 2020; short is 1). P is a softmax of -h over the successors.

#include "search/graph/graph_search.h"

namespace qstar::search {

// The first successor that is the goal ends it; anytime: it goes on and keeps
// the shortest way. A state that was reached on several ways is one node; a
// walk never goes in a circle.
GraphResult mcts(const Space& space, Heuristic& heuristic, const State& start,
                 const GraphOptions& options);

} // namespace qstar::search
