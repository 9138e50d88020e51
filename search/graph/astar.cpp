#include "search/graph/astar.h"

#include <fmt/format.h>
#include <queue>

namespace qstar::search {

GraphResult astar(const Space& space, Heuristic& heuristic, const State& start,
                  const GraphOptions& options) {
    GraphSearch s(space, start, options);
    std::priority_queue<OpenEntry> open;
    size_t open_most = 0;
    const auto mark_open = [&](uint32_t id) {
        const Node& node = s.table[id];
        const auto f = static_cast<float>(node.g + options.weight * node.h);
        if (s.telling())
            s.say(fmt::format("  open {}: g = {}, h = {:.3f}, f = {:.3f}", s.name(id), node.g,
                              node.h, f));
        open.push({f, id, node.g, 0});
        open_most = std::max(open_most, open.size());
    };

    // Step 1: mark the start open and compute its f.
    if (s.telling()) s.say("Step 1: open the start");
    s.evaluate(heuristic, {0});
    mark_open(0);
    std::vector<uint32_t> selected, fresh, cheaper;
    for (;;) {
        // Step 2: select the open states whose f is smallest.
        selected.clear();
        bool goal_first = false;
        while (!open.empty() && selected.size() < static_cast<size_t>(options.batch)) {
            const OpenEntry entry = open.top();
            const Node& node = s.table[entry.node];
            if (node.closed || node.g != entry.g || s.hopeless(entry.node)) {
                open.pop();
                continue;
            }
            if (entry.node == s.goal) {
                goal_first = selected.empty(); // else it waits for those before it
                if (goal_first) open.pop();
                break;
            }
            if (selected.empty() && s.spent()) break;
            open.pop();
            selected.push_back(entry.node);
        }
        // Step 3: a goal ends the search; an anytime search goes on to a shorter
        // one.
        if (goal_first) {
            s.note_solution();
            if (s.telling()) s.say(fmt::format("Step 3: the goal, g = {}", s.table[s.goal].g));
            if (!options.anytime) break;
            continue;
        }
        if (selected.empty()) break; // nothing is open, or the budget is spent
        // Step 4: close them and open their successors that are new or have a
        // shorter way.
        fresh.clear();
        cheaper.clear();
        for (const uint32_t id : selected) {
            if (s.telling())
                s.say(fmt::format("Step 4: expand {}, f = {:.3f}", s.name(id),
                                  s.table[id].g + options.weight * s.table[id].h));
            s.expanding(id);
            for (int action = 0; action < space.actions(); ++action) {
                if (!space.legal(s.table.state(id), action)) continue;
                const auto [child, reached] = s.reach(id, action);
                if (reached == GraphSearch::Reached::fresh) fresh.push_back(child);
                if (reached == GraphSearch::Reached::cheaper) cheaper.push_back(child);
            }
        }
        s.evaluate(heuristic, fresh); // a state's h does not change with its way
        for (const uint32_t id : fresh) mark_open(id);
        for (const uint32_t id : cheaper) mark_open(id);
    }
    s.memory(open_most * sizeof(OpenEntry));
    return s.finish();
}

} // namespace qstar::search
