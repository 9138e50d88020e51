#include "search/graph/astar.h"

#include "search/algorithms/best_first.h"
#include "search/graph/frontier.h"

namespace qstar::search {

namespace {

// What A* over a space has open: states.
struct States : GraphFrontier {
    Heuristic& heuristic;
    std::vector<uint32_t> fresh = {}, cheaper = {};

    double f(const Node& node) const { return node.g + options.weight * node.h; }

    void mark_open(uint32_t id) {
        const Node& node = s.table[id];
        if (s.telling())
            s.say(fmt::format("  open {}: g = {}, h = {:.3f}, f = {:.3f}", s.name(id), node.g,
                              node.h, static_cast<float>(f(node))));
        open.push({static_cast<float>(f(node)), id, node.g, 0});
        remember_size();
    }
    void start() {
        if (s.telling()) s.say("Step 1: open the start");
        s.evaluate(heuristic, {0});
        mark_open(0);
    }
    bool current(const OpenEntry& entry) {
        const Node& node = s.table[entry.node];
        return !node.closed && node.g == entry.g && !s.hopeless(entry.node);
    }
    bool is_goal(const OpenEntry& entry) const { return entry.node == s.goal; }
    // Opens the successors that are new or to which the way is shorter now.
    bool expand(const std::vector<OpenEntry>& selected) {
        fresh.clear();
        cheaper.clear();
        for (const OpenEntry& entry : selected) {
            const uint32_t id = entry.node;
            if (s.telling())
                s.say(fmt::format("Step 4: expand {}, f = {:.3f}", s.name(id), f(s.table[id])));
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
        return false;
    }
};

} // namespace

GraphResult astar(const Space& space, Heuristic& heuristic, const State& start,
                  const GraphOptions& options) {
    GraphSearch s(space, start, options);
    States states{{space, options, s}, heuristic};
    best_first(states, static_cast<size_t>(options.batch));
    return states.finish();
}

} // namespace qstar::search
