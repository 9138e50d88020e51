#pragma once
// IDA* for the sliding puzzle with the walking distance: shortest solutions, by which the
// other searches are measured (Korf, "Depth-First Iterative-Deepening", 1985).

#include "search/puzzles/walking_distance.h"

#include <vector>

namespace qstar::search {

struct ShortestSlides {
    std::vector<int> actions;
    int64_t nodes = 0; // visited, in all rounds
};

// A depth-first search that goes no deeper than f = g + h <= bound; each round's bound is
// the smallest f that the one before met above its own. The result is a shortest solution. A
// hard state of the 15-puzzle takes seconds; no budget.
ShortestSlides ida_star(const WalkingDistance& distance, const State& start);

} // namespace qstar::search
