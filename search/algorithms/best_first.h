#pragma once
// Best-first search: the four steps of A*, written once (Hart, Nilsson and Raphael, "A Formal
// Basis for the Heuristic Determination of Minimum Cost Paths", 1968).
//
// A* over a puzzle (graph/astar.cpp), Q* over a puzzle (graph/qstar.cpp), and A* and Q* over
// reasoning steps (astar.cpp) are this loop. They differ in what stands in the open list (a
// state, an action that was not taken yet, a path of steps) and in what an expansion asks of
// a model.

#include <cstddef>
#include <type_traits>
#include <vector>

namespace qstar::search {

// A Frontier is a plain struct with
//
//   open                  a priority queue of entries, the smallest f on top
//   start()               opens the start
//   current(entry)        false if a better way to its state is known: it is passed over
//   is_goal(entry)
//   goal_selected(entry)  the goal is the best of all that is open; true ends the search
//   spent()               is the budget at its end?
//   exhausted()           nothing is open; true ends the search, false if something is again
//   expand(entries)       closes them and opens their successors; true ends the search
//
// `batch` entries are expanded together, for one call of a model (batch-weighted A*,
// Agostinelli et al. 2019); a goal waits until nothing before it is open.
template <class Frontier>
void best_first(Frontier& frontier, size_t batch) {
    auto& open = frontier.open;
    using Entry = typename std::remove_reference_t<decltype(open)>::value_type;
    std::vector<Entry> selected;

    // Step 1: mark the start open and compute its f.
    frontier.start();
    for (;;) {
        // Step 2: select the open entries whose f is smallest.
        selected.clear();
        while (!open.empty() && selected.size() < batch) {
            const Entry entry = open.top();
            if (!frontier.current(entry)) {
                open.pop();
                continue;
            }
            const bool goal = frontier.is_goal(entry);
            if (goal && !selected.empty()) break; // it waits for those before it
            if (!goal && selected.empty() && frontier.spent()) return;
            open.pop();
            selected.push_back(entry);
            if (goal) break;
        }
        if (selected.empty()) {
            if (frontier.exhausted()) return;
            continue;
        }
        // Step 3: a goal ends the search; an anytime search goes on to a better one.
        if (frontier.is_goal(selected.front())) {
            if (frontier.goal_selected(selected.front())) return;
            continue;
        }
        // Step 4: close them and open their successors.
        if (frontier.expand(selected)) return;
    }
}

} // namespace qstar::search
