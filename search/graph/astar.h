#pragma once
// A* over a space (Hart, Nilsson and Raphael 1968), weighted (Pohl 1970) and
// batch-weighted (Agostinelli et al. 2019, DeepCubeA): the open state with the
// smallest
//
//   f(n) = g(n) + weight * h(n)
//
// is expanded next; all of its successors are made and rated.

#include "search/graph/graph_search.h"

namespace qstar::search {

// With options.batch > 1 so many open states are expanded at once, and their
// successors rated in one call. States whose f is smaller than the goal's are
// always expanded before the goal is taken: with weight 1 and a heuristic that
// is never above the truth the result is a shortest solution, whatever the
// batch, also for an inconsistent heuristic, as closed states are opened again
// when a shorter way to them turns up.
GraphResult astar(const Space& space, Heuristic& heuristic, const State& start,
                  const GraphOptions& options);

} // namespace qstar::search
