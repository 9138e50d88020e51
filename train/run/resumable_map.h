#pragma once
// Long work on many items in pieces, so that a stage that was interrupted goes on.
//
// The lines of each piece are a file of their own, partial/NAME-000000.jsonl in the
// stage's folder, until the stage is finished.

#include "train/run/stage.h"

#include <functional>
#include <string>
#include <vector>

namespace qstar::train {

// Makes NAME in the stage's folder from `total` items: `work(first, count)` gives the lines of the
// items [first, first + count), a pure function of these numbers and the stage's flags.
// Pieces that are there already are not made again. `unit` is for the progress bar. Gives
// the path of the file.
std::string resumable_map(const Stage& stage, const std::string& name, const std::string& unit,
                          int64_t total, int64_t chunk,
                          const std::function<std::vector<Json>(int64_t, int64_t)>& work);

} // namespace qstar::train
