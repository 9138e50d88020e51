#pragma once
// What a search over reasoning steps has looked at, as a tree: for viewers.
//
// Every method tells what it does to Options::observer as it goes; a Tree puts the paths that it
// was told of together and writes them in the form that searches over puzzles write, too.

#include "engine/text/json.h"
#include "search/problem/path.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qstar::search {

struct SearchEvent {
    enum class What {
        opened,   // a path was made and rated
        expanded, // its next steps are asked for
        chosen    // it is the result
    };
    What what;
    const Path& path;
    double log_prob = 0;              // of the whole path, by the proposer
    std::optional<double> score = {}; // of the path, aggregated, if a scorer rated it
    std::optional<double> f = {};     // A*'s: the smallest is expanded next
    int64_t tokens = 0;               // spent until now
};

class Tree {
  public:
    void observe(const SearchEvent& event);

    // {"nodes": [{"id", "state", "g", "score", "f", "finished", "parent"}], "expanded": [ids in
    // order], "path": [ids]}; node 0 is the problem, "state" the line, g = -log p.
    Json json() const;

  private:
    struct Node {
        std::string line;
        int64_t parent = -1;
        bool finished = false;
        double g = 0;
        std::optional<double> score, f;
    };
    int64_t at(const Path& path); // the node of a path; made with those before it if it is new

    std::vector<Node> nodes_;
    std::map<std::pair<int64_t, std::string>, int64_t> children_; // of a node, by line; a final
                                                                  // one ends in a mark
    std::vector<int64_t> expanded_, path_;
};

} // namespace qstar::search
