#pragma once
// A class of digits and small values, from which models of seconds learn something.

#include "train/data/corpus_options.h"
#include "train/data/worlds/arithmetic/arithmetic_teaching.h"

namespace qstar::train {

inline ProblemConfig small_problems() {
    ProblemConfig problems;
    problems.high = 9;
    problems.bound = 20;
    return problems;
}

inline void make_small(CorpusOptions& options) {
    options.of<ArithmeticTeaching>().problems = small_problems();
}

} // namespace qstar::train
