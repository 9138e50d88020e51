#pragma once
// A search as a tree, for those who watch it.
//
// Nothing in the search is told of it: a search speaks with its proposer and its scorer, and
// who listens to both knows which path was expanded when, what was drawn, and what the
// scorer thought of it.

#include "engine/io/json.h"
#include "search/solve.h"
#include "search/world.h"

#include <map>
#include <memory>

namespace qstar::eval {

struct Expansion {
    search::Path path;
    search::Proposals drawn;
};

// Passes every call on, and remembers it.
class Listener : public search::Proposer, public search::Scorer {
  public:
    Listener(search::Proposer& proposer, search::Scorer& scorer)
        : proposer_(proposer), scorer_(scorer) {}

    std::vector<search::Proposals>
    propose(std::span<const search::ProposeRequest> requests) override;
    std::vector<std::vector<search::Solution>>
    complete(std::span<const search::ProposeRequest> requests) override;
    std::vector<search::Scores> score(std::span<const search::Path> paths) override;

    const std::vector<Expansion>& expansions() const { return expansions_; }
    // Of the steps of a path that was scored, else null.
    const std::vector<float>* scores(const search::Path& path) const;

  private:
    search::Proposer& proposer_;
    search::Scorer& scorer_;
    std::vector<Expansion> expansions_; // in the order of the search
    std::map<std::pair<std::vector<std::string>, bool>, std::vector<float>> scores_;
};

// The tree of an A* search (search/astar.h), the root first, children behind their parents:
//   {"parent", "text", "final", "log_prob", "count", "score", "g", "h", "f", "born",
//    "order", "chosen", "label"}
// born: the expansion (1, 2, ...) by which it was opened, 0 for the root; order: the one in
// which it was expanded, 0 if it was not; chosen: it lies on the way to the result; label:
// the verifier's word on the step, asked afterwards.
Json tree_of(const Listener& listener, const search::Result& result, const std::string& problem,
             const search::Options& options, const search::World& world);

} // namespace qstar::eval
