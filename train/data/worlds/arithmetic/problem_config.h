#pragma once
// What arithmetic problems are drawn from.

#include "engine/base/random.h"

#include <cstdint>
#include <string>
#include <vector>

namespace qstar::train {

struct ProblemConfig {
    int low = 1, high = 12;                  // operands
    int min_operands = 2, max_operands = 4;  // at most 8
    std::vector<double> weights = {1, 3, 2}; // of 2, 3, 4, ... operands; the last for all longer
    std::string operators = "+-*";           // equally likely
    double brackets = 0.4;                   // probability of a pair, from 3 operands on
    int64_t bound = 200;                     // of |value| on every line of the right derivation
    std::string form = "plain"; // or one of forms_class.h: then operators and brackets are its own
};

// How many operands a problem gets, by the weights.
int draw_operands(const ProblemConfig& config, Random& random);

// Error if the configuration allows no problem (a range upside down, an unknown operator).
void check(const ProblemConfig& config);

} // namespace qstar::train
