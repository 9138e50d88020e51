#pragma once
// The searches over a space by name.

#include "search/graph/graph_search.h"

#include <string_view>

namespace qstar::search {

enum class GraphMethod { greedy, best_of_n, beam, mcts, astar, qstar };

GraphMethod graph_method_named(std::string_view name); // Error with the list of names

// One of both may be null: Q* needs q, the others the heuristic. Error if it is
// missing.
GraphResult solve(const Space& space, GraphMethod method, Heuristic* heuristic, QFunction* q,
                  const State& start, const GraphOptions& options);

} // namespace qstar::search
