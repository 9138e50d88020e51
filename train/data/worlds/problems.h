#pragma once
// The generator of arithmetic problems: "3*(4+5)-2".

#include "engine/base/random.h"
#include "train/data/worlds/problem_config.h"
#include "train/data/worlds/split.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace qstar::train {

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
