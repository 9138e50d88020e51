#pragma once
// What the frontiers of A* and Q* over a space share of best_first.h.

#include "search/graph/graph_search.h"

#include <algorithm>
#include <fmt/format.h>
#include <queue>

namespace qstar::search {

struct GraphFrontier {
    const Space& space;
    const GraphOptions& options;
    GraphSearch& s;
    std::priority_queue<OpenEntry> open = {};
    size_t open_most = 0; // entries at once

    void remember_size() { open_most = std::max(open_most, open.size()); }
    bool goal_selected(const OpenEntry&) {
        s.note_solution();
        if (s.telling()) s.say(fmt::format("Step 3: the goal, g = {}", s.table[s.goal].g));
        return !options.anytime;
    }
    bool spent() { return s.spent(); }
    bool exhausted() const { return true; }
    GraphResult finish() {
        s.memory(open_most * sizeof(OpenEntry));
        return s.finish();
    }
};

} // namespace qstar::search
