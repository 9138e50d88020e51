#include "search/graph/beam.h"

#include <algorithm>
#include <fmt/format.h>

namespace qstar::search {

GraphResult beam(const Space& space, Heuristic& heuristic, const State& start,
                 const GraphOptions& options) {
    GraphSearch s(space, start, options);
    // Step 1: the beam is the start.
    s.evaluate(heuristic, {0});
    std::vector<uint32_t> kept{0}, next;
    while (s.goal == GraphSearch::kNone && !kept.empty() && !s.spent()) {
        // Step 2: all new successors of the beam, rated in one call.
        next.clear();
        for (const uint32_t id : kept) {
            s.expanding(id);
            for (int action = 0; action < space.actions(); ++action) {
                if (!space.legal(s.table.state(id), action)) continue;
                const auto [child, reached] = s.reach(id, action);
                if (reached == GraphSearch::Reached::fresh) next.push_back(child);
            }
        }
        s.evaluate(heuristic, next);
        // Step 3: the best of them are the next beam.
        const size_t width = std::min(next.size(), static_cast<size_t>(options.width));
        std::partial_sort(next.begin(), next.begin() + static_cast<std::ptrdiff_t>(width),
                          next.end(), [&](uint32_t a, uint32_t b) {
                              const float ha = s.table[a].h, hb = s.table[b].h;
                              return ha != hb ? ha < hb : a < b;
                          });
        next.resize(width);
        if (s.telling() && !next.empty())
            s.say(fmt::format("depth {}: {} states, best h = {:.3f}", s.table[next[0]].g,
                              next.size(), s.table[next[0]].h));
        kept.swap(next);
    }
    return s.finish();
}

GraphResult greedy(const Space& space, Heuristic& heuristic, const State& start,
                   const GraphOptions& options) {
    GraphOptions one = options;
    one.width = 1;
    return beam(space, heuristic, start, one);
}

} // namespace qstar::search
