#pragma once
// Sampling with a majority vote over the answers (Wang et al., "Self-Consistency
// Improves Chain of Thought Reasoning in Language Models", 2022). No scorer.

#include "search/models/method.h"

namespace qstar::search {

// The answer that most samples end in; of two with equally many, the one found first.
// The steps are those of its first sample, the score its share of the finished samples.
Result majority(Proposer& proposer, const std::string& problem, const Options& options);

} // namespace qstar::search
