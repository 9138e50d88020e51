#pragma once
// The calibration of a reward model: of the steps (or solutions) that it gives 0.7 to 0.8, what
// share is right (Guo et al., "On Calibration of Modern Neural Networks", 2017).

#include "engine/text/json.h"
#include "eval/measure/pool.h"
#include "search/problem/world.h"

#include <span>
#include <utility>
#include <vector>

namespace qstar::eval {

// (score in [0, 1], is it right?) in ten equal bins:
//   {"n", "right", "error", "auc", "bins": [{"low", "high", "n", "right", "mean", "share",
//    "interval": [low, high]}]}
// error: the expected calibration error, the mean over all of |mean score - share right| of
// their bin. auc: how probably a right one has a higher score than a wrong one, ties half;
// 0.5 where only one kind is there. Empty bins are left out.
Json calibration_of(std::vector<std::pair<float, bool>> scored);

// What scorer `scorer` of the pools says, each different solution once. each_step: of every
// step up to the first wrong one, by the world's verifier; otherwise of the last step, by
// whether the answer is right.
std::vector<std::pair<float, bool>> scored_outcomes(std::span<const Pool> pools, size_t scorer,
                                                    bool each_step, const search::World& world);

} // namespace qstar::eval
