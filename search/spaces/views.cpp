#include "search/spaces/views.h"

#include "engine/base/error.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace qstar::search {

namespace {

// What is left of the budget. False if nothing is.
bool pay(PuzzleOptions& left, const PuzzleResult& spent) {
    const bool counts_rates = left.evaluations > 0, has_clock = left.shared.seconds > 0;
    const bool counts_nodes = left.nodes > 0; // else each view has its own budget
    if (counts_nodes) left.nodes -= spent.nodes;
    if (counts_rates) left.evaluations -= spent.evaluations;
    if (has_clock) left.shared.seconds -= spent.seconds;
    return (!counts_nodes || left.nodes > 0) && (!counts_rates || left.evaluations > 0) &&
           (!has_clock || left.shared.seconds > 0);
}

bool has_inverses(const Space& space) {
    State inverse(space.state_bytes());
    return space.write_inverse(space.goal().data(), inverse.data());
}

} // namespace

int views(const Space& space) { return space.images() * (has_inverses(space) ? 2 : 1); }

State view_of(const Space& space, const State& start, int view) {
    const int ways = has_inverses(space) ? 2 : 1;
    State image(start.size()), inverse(start.size());
    space.write_image(start.data(), view / ways, image.data());
    if (view % ways == 0) return image;
    space.write_inverse(image.data(), inverse.data());
    return inverse;
}

std::vector<int> way_back(const Space& space, std::vector<int> actions, int view) {
    const int ways = has_inverses(space) ? 2 : 1;
    if (view % ways == 1) {
        std::reverse(actions.begin(), actions.end());
        for (int& action : actions) action = space.inverse(action);
    }
    std::vector<int> before(
        static_cast<size_t>(space.actions())); // of which action it is the image
    for (int action = 0; action < space.actions(); ++action)
        before[static_cast<size_t>(space.image_of_action(action, view / ways))] = action;
    for (int& action : actions) action = before[static_cast<size_t>(action)];
    return actions;
}

PuzzleResult
shortest_of_views(const Space& space, const State& start, const PuzzleOptions& options,
                  const std::function<PuzzleResult(const State&, const PuzzleOptions&)>& solve) {
    if (options.views > views(space))
        fail("--views must be within 1 to {} for {}, found {}", views(space), space.name(),
             options.views);
    if (options.record) fail("a trace is of one search: expected it with --views 1");
    PuzzleResult all;
    PuzzleOptions left = options;
    left.views = 1;
    for (int view = 0; view < options.views; ++view) {
        PuzzleResult one = solve(view_of(space, start, view), left);
        const bool shorter = one.solved && (!all.solved || one.actions.size() < all.actions.size());
        if (view == 0 || shorter) {
            all.actions = way_back(space, std::move(one.actions), view);
            all.solved = one.solved;
        }
        for (const auto& [expanded, length] : one.solutions)
            if (all.solutions.empty() || length < all.solutions.back().second)
                all.solutions.emplace_back(all.expanded + expanded, length);
        all.ended = all.solved ? "solved" : one.ended;
        all.expanded += one.expanded;
        all.generated += one.generated;
        all.reopened += one.reopened;
        all.evaluations += one.evaluations;
        all.nodes += one.nodes;
        all.seconds += one.seconds;
        all.bytes = std::max(all.bytes, one.bytes);
        for (std::string& sentence : one.trace) all.trace.push_back(std::move(sentence));
        if (all.solved) left.shorter_than = std::ssize(all.actions);
        if (!pay(left, one)) break;
    }
    return all;
}

} // namespace qstar::search
