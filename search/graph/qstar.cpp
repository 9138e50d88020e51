#include "search/graph/qstar.h"

#include <algorithm>
#include <fmt/format.h>
#include <queue>

namespace qstar::search {

namespace {
constexpr uint16_t kGoal = UINT16_MAX; // in the place of an action: the node is the goal
}

GraphResult qstar_search(const Space& space, QFunction& q, const State& start,
                         const GraphOptions& options) {
    GraphSearch s(space, start, options);
    const auto actions = static_cast<size_t>(space.actions());
    std::priority_queue<OpenEntry> open;
    size_t open_most = 0;
    std::vector<uint8_t> states;
    std::vector<float> values;
    // Rates all actions of these states in one call, and opens them.
    const auto open_actions = [&](const std::vector<uint32_t>& ids) {
        if (ids.empty()) return;
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
        open_most = std::max(open_most, open.size());
    };
    const auto open_goal = [&] {
        const uint16_t g = s.table[s.goal].g;
        open.push({static_cast<float>(g), s.goal, g, kGoal});
    };

    // Step 1: rate the actions of the start and open them.
    if (s.telling()) s.say("Step 1: open the actions of the start");
    if (s.goal != GraphSearch::kNone)
        open_goal();
    else
        open_actions({0});
    std::vector<OpenEntry> selected;
    std::vector<uint32_t> made;
    for (;;) {
        // Step 2: select the open pairs whose f is smallest.
        selected.clear();
        bool goal_first = false;
        while (!open.empty() && selected.size() < static_cast<size_t>(options.batch)) {
            const OpenEntry entry = open.top();
            if (s.table[entry.node].g != entry.g || s.hopeless(entry.node)) {
                open.pop();
                continue;
            }
            if (entry.action == kGoal) {
                goal_first = selected.empty(); // else it waits for those before it
                if (goal_first) open.pop();
                break;
            }
            if (selected.empty() && s.spent()) break;
            open.pop();
            selected.push_back(entry);
        }
        // Step 3: the goal ends the search; an anytime search goes on to a shorter
        // one.
        if (goal_first) {
            s.note_solution();
            if (s.telling()) s.say(fmt::format("Step 3: the goal, g = {}", s.table[s.goal].g));
            if (!options.anytime) break;
            continue;
        }
        if (selected.empty()) break; // nothing is open, or the budget is spent
        // Step 4: make the child of each pair; rate the actions of those that are
        // new or have a shorter way.
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
    }
    s.memory(open_most * sizeof(OpenEntry));
    return s.finish();
}

} // namespace qstar::search
