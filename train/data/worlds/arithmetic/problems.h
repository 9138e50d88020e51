#pragma once
// The generator of arithmetic problems: "3*(4+5)-2".

#include "engine/base/random.h"
#include "train/data/class/side.h"
#include "train/data/worlds/arithmetic/problem_config.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

// One problem, on any side of the split. Brackets always change the meaning.
std::string draw_problem(const ProblemConfig& config, Random& random);

// One problem on the given side; evaluation draws from 3 operands on, shorter ones
// are all training problems.
std::string draw_problem(const ProblemConfig& config, Split split, Random& random);

// The canonical text of an expression with two operators or more; two spellings of one
// ("(3*4)+2", "3*4+2") have one. Empty for shorter ones and for text that is no expression.
std::string expression_key(std::string_view line);

// The operations of its right derivation, each as text: "4+5", "3*9", "27-2".
std::vector<std::string> facts_of(const std::string& problem);

// `count` different ones on a side, a pure function of the side, the count and the seed. Error if
// there are not that many.
std::vector<std::string> draw_problems(const ProblemConfig& config, Split split, int64_t count,
                                       uint64_t seed);

} // namespace qstar::train
