#include "search/puzzles/ida_star.h"

#include <algorithm>
#include <vector>

namespace qstar::search {

namespace {

constexpr int kFar = 1 << 20;

struct Search {
    const WalkingDistance& walking;
    State state;
    int width;
    int bound = 0;
    int64_t nodes = 0;
    std::vector<int> actions;

    // True if solved; else `next` is the smallest f above the bound that was met.
    bool visit(int blank, int rows, int columns, int g, int& next) {
        ++nodes;
        const int h = walking.distance(rows) + walking.distance(columns);
        if (g + h > bound) {
            next = std::min(next, g + h);
            return false;
        }
        if (h == 0) return true; // every tile is in its row and in its column
        const int row = blank / width, column = blank % width;
        for (int action = 0; action < 4; ++action) {
            if (!actions.empty() && actions.back() == (action ^ 1)) continue; // there and back
            const bool vertical = action < 2;
            const int line = vertical ? row : column;
            if (action % 2 == 0 ? line == 0 : line == width - 1) continue;
            const int by = (vertical ? width : 1) * (action % 2 == 0 ? -1 : 1);
            const int home = state[static_cast<size_t>(blank + by)] - 1;
            std::swap(state[static_cast<size_t>(blank)], state[static_cast<size_t>(blank + by)]);
            actions.push_back(action);
            const bool found =
                vertical ? visit(blank + by, walking.after(rows, action & 1, home / width), columns,
                                 g + 1, next)
                         : visit(blank + by, rows, walking.after(columns, action & 1, home % width),
                                 g + 1, next);
            if (found) return true;
            actions.pop_back();
            std::swap(state[static_cast<size_t>(blank)], state[static_cast<size_t>(blank + by)]);
        }
        return false;
    }
};

} // namespace

ShortestSlides ida_star(const WalkingDistance& distance, const State& start) {
    Search search{distance, start, distance.width(), 0, 0, {}};
    const int rows = distance.rows(start.data()), columns = distance.columns(start.data());
    const auto blank = static_cast<int>(std::find(start.begin(), start.end(), 0) - start.begin());
    search.bound = distance.distance(rows) + distance.distance(columns);
    for (;;) {
        int next = kFar;
        if (search.visit(blank, rows, columns, 0, next)) break;
        search.bound = next;
    }
    return {search.actions, search.nodes};
}

} // namespace qstar::search
