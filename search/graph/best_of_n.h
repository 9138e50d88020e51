#pragma once
// Best of N over a space: N random walks, of which the best is kept. What sampling whole
// solutions and choosing one is for a language model.

#include "search/graph/graph_search.h"

namespace qstar::search {

// Each walk takes the next state with a probability in proportion to e^-h among the
// successors that it has not visited, and ends at the goal, in a dead end, or when it is as
// long as the best solution so far. At most options.samples walks, or the budget. A state's h
// is asked for once. Where walks meet, the shorter way counts.
GraphResult best_of_n(const Space& space, Heuristic& heuristic, const State& start,
                      const GraphOptions& options);

} // namespace qstar::search
