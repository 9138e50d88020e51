#pragma once
// One step of PPO on three solutions of one problem, by hand (lesson 4): Schulman et al., "Proximal
// Policy Optimization Algorithms" (2017).

#include "eval/lessons/experiments/experiment.h"
#include "train/rl/episodes.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace qstar::eval::lessons {

inline constexpr int64_t kMostWritten = 64; // tokens of a solution

// Asks of each solution whether the step makes it likelier.
std::optional<Turn> next_preference(LessonRun& run, const Given& given);
// Several updates with the same three solutions, on a copy of the tuned model: "ppo", the table,
// "clip", the plot, and the numbers of the token that has moved furthest.
void ppo_values(LessonRun& run, const Given& given, Values& values);

// The sums of [offsets[i], offsets[i + 1]).
std::vector<double> sums_of(const std::vector<float>& flat, const std::vector<size_t>& offsets);

} // namespace qstar::eval::lessons
