#pragma once
// Q* search (Agostinelli et al., "A* Search Without Expansions: Learning
// Heuristic Functions with Deep Q-Networks", 2102.04518).
//
// A Q-function rates all actions of a state in one evaluation. So the open list
// holds pairs (state, action): the child that an action leads to has its
// priority before it exists,
//
//   f(s, a) = g(s) + 1 + weight * (Q(s, a) - 1),
//
// and is made only when its pair is selected. Q(s, a) - 1 is what A* would have
// as the h of that child; A* must make and rate all children to know it, Q*
// rates the parent.

#include "search/graph/graph_search.h"

namespace qstar::search {

// A pair whose child is the goal is opened again as the goal with its true g,
// so that with weight 1 and a Q that is never above the truth the result is a
// shortest solution.
GraphResult qstar_search(const Space& space, QFunction& q, const State& start,
                         const GraphOptions& options);

} // namespace qstar::search
