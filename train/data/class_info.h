#pragma once
// How good the class is: each pupil, and what a perfect model of their worksheets would do.

#include "train/data/corpus.h"

#include <span>
#include <string>

namespace qstar::train {

// What a model that had learned the class's text exactly would answer to a problem that
// stands alone, not knowing which pupil it is to be.
struct IdealModel {
    double sample = 0;   // share of right answers of one solution drawn at temperature 1
    double greedy = 0;   // the likeliest line after the likeliest line
    double majority = 0; // the likeliest answer
    double any = 0;      // at least one of 16 drawn solutions right
};
// Estimated from `draws` solutions of each problem.
IdealModel ideal_model(const ProblemSource& source, std::span<const std::string> problems,
                       int64_t draws, uint64_t seed);

// Prints each pupil's share and how many of `problems` training problems he answers right
// and how many of his lines are right, by the world's verifier; then the ideal model's
// four shares on problems of 3 operands and more.
void print_class(const CorpusOptions& options, int64_t problems);

} // namespace qstar::train
