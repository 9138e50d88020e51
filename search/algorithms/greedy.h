#pragma once
// Greedy search: always what looks best, and never back.
//
// Over a puzzle: the successor of the smallest h (the first of equal ones) that was not seen
// before, which is a beam of one; it ends at the goal, in a dead end, or with the budget. Over
// reasoning steps: greedy decoding, the most likely token again and again. One solution, one call
// of the model, and no search.

#include "search/algorithms/beam.h"

namespace qstar::search {

// What it requires of a space that draws: decode(), which writes the likeliest solution.
template <SearchSpace S>
void greedy(S& space) {
    if constexpr (S::kListed)
        beam(space, 1);
    else
        space.decode();
}

} // namespace qstar::search
