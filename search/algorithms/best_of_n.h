#pragma once
// Best-of-N: draw N solutions, let a reward model choose (Cobbe et al., "Training
// Verifiers to Solve Math Word Problems", 2021, for an ORM; Lightman et al. 2023 for a
// PRM).

#include "search/models/method.h"

namespace qstar::search {

// Vote::best: the sample whose aggregated score is highest. Vote::weighted: the answer
// whose samples' scores have the largest sum (Li et al., "Making Language Models Better
// Reasoners with Step-Aware Verifier", 2023), shown by its best sample. Equal ones: the
// first. A solution that is drawn again is not scored again. Where the goal is public, the
// first solution that reaches it is the result, and no scorer is needed.
Result best_of_n(Proposer& proposer, Scorer* scorer, const std::string& problem,
                 const Options& options);

} // namespace qstar::search
