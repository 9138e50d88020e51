#pragma once
// Step beam search: of all paths with one step more, keep the best `width` (the beam
// search of Snell et al., "Scaling LLM Test-Time Compute Optimally ...", 2024, over
// steps instead of tokens).

#include "search/models/method.h"

namespace qstar::search {

// Each round draws `proposals` next steps for every unfinished path of the beam; paths
// in the same state are one, the best of them. With a scorer the aggregate of
// the steps' scores ranks, without one the log-probability of the path. Finished paths
// stay in the beam and compete. It ends when nothing unfinished is left, when the best
// is finished and no other can overtake it (all rankings but Aggregate::last only fall
// with further steps), or when the budget is spent.
Result beam(Proposer& proposer, Scorer* scorer, const std::string& problem, const Options& options);

} // namespace qstar::search
