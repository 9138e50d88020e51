#include "search/graph/best_of_n.h"

#include "engine/base/random.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace qstar::search {

namespace {
constexpr int64_t kLongest = 1000; // steps of a walk that does not meet the goal
}

GraphResult best_of_n(const Space& space, Heuristic& heuristic, const State& start,
                      const GraphOptions& options) {
    GraphSearch s(space, start, options);
    s.evaluate(heuristic, {0});
    std::vector<uint32_t> next, fresh;
    std::vector<double> chances;
    std::vector<bool> visited;
    for (int64_t walk = 0; walk < options.samples && !s.spent(); ++walk) {
        Random random(options.seed, static_cast<uint64_t>(walk));
        visited.assign(s.table.size(), false);
        uint32_t at = 0;
        int64_t length = 0;
        const int64_t longest =
            s.goal == GraphSearch::kNone ? kLongest : static_cast<int64_t>(s.table[s.goal].g);
        while (at != s.goal && length < longest && !s.spent()) {
            // Step 1: make the successors and rate those that are new.
            visited[at] = true;
            s.expanding(at);
            next.clear();
            fresh.clear();
            for (int action = 0; action < space.actions(); ++action) {
                if (!space.legal(s.table.state(at), action)) continue;
                const auto [child, reached] = s.reach(at, action);
                if (reached == GraphSearch::Reached::fresh) fresh.push_back(child);
                visited.resize(s.table.size());
                if (!visited[child]) next.push_back(child);
            }
            s.evaluate(heuristic, fresh);
            if (next.empty()) break; // a dead end
            // Step 2: draw one of them; the goal is taken where it stands.
            float least = INFINITY;
            for (const uint32_t id : next) least = std::min(least, s.table[id].h);
            double sum = 0;
            chances.clear();
            for (const uint32_t id : next)
                chances.push_back(sum += std::exp(static_cast<double>(least - s.table[id].h)));
            const double drawn = random.uniform() * sum;
            const auto chosen = std::upper_bound(chances.begin(), chances.end() - 1, drawn);
            at = next[static_cast<size_t>(chosen - chances.begin())];
            if (std::find(next.begin(), next.end(), s.goal) != next.end()) at = s.goal;
            ++length;
        }
        if (s.goal != GraphSearch::kNone) s.note_solution();
        if (s.telling())
            s.say(fmt::format("walk {}: {} steps to {}, h = {:.3f}", walk + 1, length, s.name(at),
                              s.table[at].h));
    }
    return s.finish();
}

} // namespace qstar::search
