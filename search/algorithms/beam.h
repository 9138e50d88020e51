#pragma once
// Beam search: of all nodes with one step more, keep the best `width` (over reasoning steps: the
// beam search of Snell et al., "Scaling LLM Test-Time Compute Optimally ...", 2024, over steps
// instead of tokens).
//
// Over a puzzle the smallest h are kept, and the first depth at which the goal stands is its
// solution's length. Over reasoning steps the aggregate of the steps' scores ranks, without a
// scorer the log-probability of the path; paths in the same state are one, the likeliest of them;
// finished paths stay in the beam and compete, and it ends when nothing unfinished is left, or
// when the best is finished and no other can overtake it (all rankings but Aggregate::last only
// fall with further steps).

#include "search/algorithms/search_space.h"

#include <algorithm>
#include <cstddef>
#include <fmt/core.h>
#include <vector>

namespace qstar::search {

// What it requires of a space besides:
//
//   settled(kept)        nothing of the beam can go on, or nothing can overtake its best
//   layer(kept, next)    the candidates for the next beam, rated in one call; none: it ends
//   better(a, b)         an order in which no two nodes are equal
//   chosen(kept)         the result is the best of these, or the goal
template <SearchSpace S>
void beam(S& space, size_t width) {
    std::vector<typename S::Node> kept, next;
    // Step 1: the beam is the root.
    kept.push_back(space.root());
    space.evaluate(kept);
    while (!space.solved() && !space.settled(kept) && !space.spent()) {
        // Step 2: all new successors of the beam, rated in one call.
        next.clear();
        space.layer(kept, next);
        if (next.empty()) break;
        // Step 3: the best of them are the next beam.
        const auto better = [&](const auto& a, const auto& b) { return space.better(a, b); };
        const size_t keep = std::min(next.size(), width);
        if (keep < next.size()) // of millions, the best are found before they are put in order
            std::nth_element(next.begin(), next.begin() + static_cast<std::ptrdiff_t>(keep),
                             next.end(), better);
        next.resize(keep);
        std::sort(next.begin(), next.end(), better);
        kept.swap(next);
        if (space.telling())
            space.say(fmt::format("Step 3: keep {}, the best of them {}", kept.size(),
                                  space.name(kept.front())));
    }
    space.chosen(kept);
}

} // namespace qstar::search
