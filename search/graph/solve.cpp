#include "search/graph/solve.h"

#include "engine/base/error.h"
#include "search/graph/astar.h"
#include "search/graph/beam.h"
#include "search/graph/best_of_n.h"
#include "search/graph/mcts.h"
#include "search/graph/qstar.h"

namespace qstar::search {

GraphMethod graph_method_named(std::string_view name) {
    if (name == "greedy") return GraphMethod::greedy;
    if (name == "best-of-n") return GraphMethod::best_of_n;
    if (name == "beam") return GraphMethod::beam;
    if (name == "mcts") return GraphMethod::mcts;
    if (name == "astar") return GraphMethod::astar;
    if (name == "qstar") return GraphMethod::qstar;
    fail("unknown method \"{}\": expected one of greedy, best-of-n, beam, mcts, astar, "
         "qstar for a puzzle",
         name);
}

GraphResult solve(const Space& space, GraphMethod method, Heuristic* heuristic, QFunction* q,
                  const State& start, const GraphOptions& options) {
    if (method == GraphMethod::qstar) {
        if (q == nullptr)
            fail("--method qstar needs Q-values: --heuristic model of `train deep-q`");
        return qstar_search(space, *q, start, options);
    }
    if (heuristic == nullptr) fail("this method needs a heuristic");
    switch (method) {
    case GraphMethod::greedy:
        return greedy(space, *heuristic, start, options);
    case GraphMethod::best_of_n:
        return best_of_n(space, *heuristic, start, options);
    case GraphMethod::beam:
        return beam(space, *heuristic, start, options);
    case GraphMethod::mcts:
        return mcts(space, *heuristic, start, options);
    default:
        return astar(space, *heuristic, start, options);
    }
}

} // namespace qstar::search
