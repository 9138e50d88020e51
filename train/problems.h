#pragma once
// The generator of arithmetic problems: "3*(4+5)-2".

#include "engine/random.h"
#include "train/split.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace qstar::train {

struct ProblemConfig {
    int low = 1, high = 9;                   // operands
    int min_operands = 2, max_operands = 4;  // at most 8
    std::vector<double> weights = {1, 3, 2}; // of 2, 3, 4, ... operands; the last for all longer
    std::string operators = "+-*";           // equally likely
    double brackets = 0.4;                   // probability of a pair, from 3 operands on
    int64_t bound = 20;                      // of |value| on every line of the right derivation
    std::string form = "plain"; // or one of forms_class.h: then operators and brackets are its own
};

// How many operands a problem gets, by the weights.
int draw_operands(const ProblemConfig& config, Random& random);

// Error if the configuration allows no problem (a range upside down, an unknown operator).
void check(const ProblemConfig& config);

// One problem, on any side of the split. Brackets always change the meaning.
std::string draw_problem(const ProblemConfig& config, Random& random);

// One problem on the given side; evaluation draws from 3 operands on, shorter ones
// are all training problems.
std::string draw_problem(const ProblemConfig& config, Split split, Random& random);

// `count` different ones of what `draw` gives, a pure function of the side, the count and
// the seed, if `draw` is one of its stream. Error if there are not that many.
std::vector<std::string> draw_different(const std::function<std::string(Split, Random&)>& draw,
                                        Split split, int64_t count, uint64_t seed);
std::vector<std::string> draw_problems(const ProblemConfig& config, Split split, int64_t count,
                                       uint64_t seed);

} // namespace qstar::train
