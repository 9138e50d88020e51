#pragma once
// A start seen otherwise: its images under the puzzle's symmetries, and the inverse of each where
// the space has inverses. All are as far from the goal, and a way from one is a way from all. A
// network errs differently on each: so a search that has missed the shortest way from one may find
// it from another.
//
// View 0 is the start itself; where there are inverses the odd views are those of the even ones.

#include "search/spaces/puzzle_account.h"

#include <functional>
#include <vector>

namespace qstar::search {

int views(const Space& space); // how many there are
State view_of(const Space& space, const State& start, int view);
// The way from the start that the way from its view is.
std::vector<int> way_back(const Space& space, std::vector<int> actions, int view);

// Solves the first options.views of them, one after the other as long as the budget lasts, and
// gives the shortest way with what all have cost. Error if there are not so many, or if a record
// is asked for, which is of one search.
PuzzleResult
shortest_of_views(const Space& space, const State& start, const PuzzleOptions& options,
                  const std::function<PuzzleResult(const State&, const PuzzleOptions&)>& solve);

} // namespace qstar::search
