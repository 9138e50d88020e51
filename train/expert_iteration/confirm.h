#pragma once
// Step 4 of self-play: what the verifier confirms of all that was found.

#include "train/data/corpus.h"
#include "train/data/labels.h"
#include "train/q_learning/q_rollouts.h"

#include <cstdint>
#include <span>
#include <vector>

namespace qstar::train {

// For each problem, in order, at most `keep` different solutions that are confirmed:
// the search's first, then the roll-outs', those drawn most often first.
std::vector<CuratedItem> confirm(std::span<const SampledSolution> searched,
                                 std::span<const Rollout> rollouts, const RightAnswer& right,
                                 int64_t keep);

} // namespace qstar::train
