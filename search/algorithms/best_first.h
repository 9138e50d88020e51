#pragma once
// Best-first search: the four steps of A*, written once (Hart, Nilsson and Raphael, "A Formal
// Basis for the Heuristic Determination of Minimum Cost Paths", 1968).
//
// A* (astar.h) and Q* (qstar.h) are this loop, over puzzles as over reasoning steps. They differ
// in what stands in the open list, nodes or actions that were not taken yet, and so in what an
// expansion asks of a model.

#include "search/algorithms/search_space.h"

#include <algorithm>
#include <queue>
#include <vector>

namespace qstar::search {

// The open list over a space, the smallest f on top. What it requires of a space:
//
//   Entry             what is open, with f and an order (operator<, the worse one) that says which
//                     of equal f goes first
//   current(entry)    false if a better way to its node is known: it is passed over
//   is_goal(node)     of an entry's node()
//   goal_selected(node)   the goal is the best of all that is open; true ends the search
//   still_open()      entries that an expansion leaves open beside the successors: what the budget
//                     did not pay for, and steps that were not drawn yet (partial expansion)
//   exhausted()       nothing is open; false if still_open() has something again
template <SearchSpace S>
struct OpenList {
    using Node = typename S::Node;
    using Entry = typename S::Entry;

    S& space;
    double weight;
    std::priority_queue<Entry> open = {};
    size_t open_most = 0; // entries at once

    void remember_size() { open_most = std::max(open_most, open.size()); }
    void open_again() {
        for (const Entry& entry : space.still_open()) open.push(entry);
    }
};

// A Frontier is an OpenList with
//
//   start()               opens the start; true ends the search
//   current(entry)
//   expand(entries)       closes them and opens their successors; true ends the search
//
// `batch` entries are expanded together, for one call of a model (batch-weighted A*,
// Agostinelli et al. 2019); a goal waits until nothing before it is open.
template <class Frontier>
void best_first(Frontier& frontier, size_t batch) {
    auto& open = frontier.open;
    auto& space = frontier.space;
    std::vector<typename Frontier::Entry> selected;

    // Step 1: mark the start open and compute its f.
    if (frontier.start()) return;
    for (;;) {
        // Step 2: select the open entries whose f is smallest.
        selected.clear();
        while (!open.empty() && selected.size() < batch) {
            const auto entry = open.top();
            if (!frontier.current(entry)) {
                open.pop();
                continue;
            }
            const bool goal = space.is_goal(entry.node);
            if (goal && !selected.empty()) break; // it waits for those before it
            if (!goal && selected.empty() && space.spent()) return;
            open.pop();
            selected.push_back(entry);
            if (goal) break;
        }
        if (selected.empty()) {
            if (space.exhausted()) return;
            frontier.open_again();
            continue;
        }
        // Step 3: a goal ends the search; an anytime search goes on to a better one.
        if (space.is_goal(selected.front().node)) {
            if (space.goal_selected(selected.front().node)) return;
            continue;
        }
        // Step 4: close them and open their successors.
        if (frontier.expand(selected)) return;
    }
}

} // namespace qstar::search
