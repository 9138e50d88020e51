#include "search/graph/qstar.h"

#include "search/algorithms/best_first.h"
#include "search/graph/frontier.h"

#include <algorithm>

namespace qstar::search {

namespace {

constexpr uint16_t kGoal = UINT16_MAX; // in the place of an action: the node is the goal

// What Q* over a space has open: actions of states, whose children do not exist yet.
struct Actions : GraphFrontier {
    QFunction& q;
    std::vector<uint8_t> states = {};
    std::vector<float> values = {};
    std::vector<uint32_t> made = {};

    // Rates all actions of these states in one call, and opens them.
    void open_actions(std::vector<uint32_t> ids) {
        const auto left = static_cast<size_t>(std::max<int64_t>(0, s.evaluations_left()));
        ids.resize(std::min(ids.size(), left));
        if (ids.empty()) return;
        const auto actions = static_cast<size_t>(space.actions());
        states.clear();
        for (const uint32_t id : ids)
            states.insert(states.end(), s.table.state(id), s.table.state(id) + space.state_bytes());
        values.resize(ids.size() * actions);
        q.q_values(states.data(), static_cast<int64_t>(ids.size()), values.data());
        s.result.evaluations += static_cast<int64_t>(ids.size());
        for (size_t i = 0; i < ids.size(); ++i) {
            const float* row = values.data() + i * actions;
            const uint16_t g = s.table[ids[i]].g;
            float best = INFINITY;
            s.expanding(ids[i]);
            for (size_t action = 0; action < actions; ++action) {
                if (!space.legal(s.table.state(ids[i]), static_cast<int>(action))) continue;
                best = std::min(best, row[action]);
                const auto f = static_cast<float>(g + 1 + options.weight * (row[action] - 1));
                open.push({f, ids[i], g, static_cast<uint16_t>(action)});
            }
            s.rated(ids[i], best);
            if (s.telling())
                s.say(fmt::format("  open the actions of {}: g = {}, best Q = {:.3f}",
                                  s.name(ids[i]), g, best));
        }
        remember_size();
    }
    void open_goal() {
        const uint16_t g = s.table[s.goal].g;
        open.push({static_cast<float>(g), s.goal, g, kGoal});
    }
    void start() {
        if (s.telling()) s.say("Step 1: open the actions of the start");
        if (s.goal != GraphSearch::kNone)
            open_goal();
        else
            open_actions({0});
    }
    bool current(const OpenEntry& entry) {
        return s.table[entry.node].g == entry.g && !s.hopeless(entry.node);
    }
    bool is_goal(const OpenEntry& entry) const { return entry.action == kGoal; }
    // Makes the child of each action; opens the actions of those that are new or to which the
    // way is shorter now.
    bool expand(const std::vector<OpenEntry>& selected) {
        made.clear();
        for (const OpenEntry& entry : selected) {
            if (s.table[entry.node].g != entry.g) continue; // shortened within this round
            if (s.telling())
                s.say(fmt::format("Step 4: {} of {}, f = {:.3f}",
                                  space.action_name(s.table.state(entry.node), entry.action),
                                  s.name(entry.node), entry.f));
            const auto [child, reached] = s.reach(entry.node, entry.action);
            if (reached == GraphSearch::Reached::known) continue;
            if (child == s.goal) {
                s.rated(child, 0);
                open_goal();
            } else if (std::find(made.begin(), made.end(), child) == made.end()) {
                made.push_back(child);
            }
        }
        open_actions(made);
        return false;
    }
};

} // namespace

GraphResult qstar_search(const Space& space, QFunction& q, const State& start,
                         const GraphOptions& options) {
    GraphSearch s(space, start, options);
    Actions actions{{space, options, s}, q};
    best_first(actions, static_cast<size_t>(options.batch));
    return actions.finish();
}

} // namespace qstar::search
