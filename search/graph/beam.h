#pragma once
// Greedy search and beam search over a space: they look only forward, and keep
// little.

#include "search/graph/graph_search.h"

namespace qstar::search {

// Always the successor of the smallest h (the first of equal ones) that was not
// visited before; ends at the goal, in a dead end, or with the budget.
GraphResult greedy(const Space& space, Heuristic& heuristic, const State& start,
                   const GraphOptions& options);

// Of all successors of the states at depth d that are new, the options.width of
// the smallest h are kept for depth d + 1. The first depth at which the goal
// stands is its solution's length. With width 1 it is greedy search.
GraphResult beam(const Space& space, Heuristic& heuristic, const State& start,
                 const GraphOptions& options);

} // namespace qstar::search
