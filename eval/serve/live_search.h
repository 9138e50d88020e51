#pragma once
// A search that can be watched.
//
// The search is the one without a page: between the method and the models stands a proposer and
// scorer that passes every call on and reports what was asked and what came back. So the tree
// on the page is what the models saw, and the result is that of `qstar search` with the same
// seed. The verifier is asked when the search is over.
//
//   event: begin  {"problem", "method", "scorer", "budget"}
//   event: grow   after each call of a model:
//                 {"tokens", "expanded": [id, ...] in order, "scores": [[id, score], ...],
//                  "nodes": [{"id", "parent", "text", "final", "log_prob", "count"}, ...],
//                  "hidden": nodes that are not told of, where there are too many}
//                 a node is a step; id 0 is the problem, and count is how often it was drawn
//   event: done   the line of `qstar search --out` (results.h), and "path": [id, ...]
//   event: failed {"error"}: one sentence

#include "eval/serve/http.h"
#include "eval/serve/run_models.h"
#include "search/solve.h"

#include <map>
#include <string>

namespace qstar::eval {

struct SearchRequest {
    std::string problem; // in the world's canonical form
    search::Method method = search::Method::astar;
    std::string scorer = "none";
    search::Options options;
};

// From the query of a request: problem, method, scorer and, where they are not the defaults,
// budget, samples, proposals, width, weight. Error for what is unknown or out of bounds.
SearchRequest search_request(const std::map<std::string, std::string>& query,
                             const RunModels& models);

// Solves, and tells. A client that leaves ends the search.
void search_live(RunModels& models, const SearchRequest& asked, EventStream& events);

} // namespace qstar::eval
