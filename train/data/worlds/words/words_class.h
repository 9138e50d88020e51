#pragma once
// The class that solves word problems, and its misconceptions.
//
// Habits (a pupil may have several; an expert has none):
//   adds_always   whatever the story says, numbers are added
//   stops_early   takes the first result for the answer
//   miscomputes   results are wrong at a rate, by one or two

#include "engine/base/random.h"
#include "train/data/class/pupils.h"

#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

enum WordHabit : unsigned { adds_always = 1, stops_early = 2, miscomputes = 4 };

// A question, which ends in "?", as it is; empty for other text.
std::string question_key(std::string_view line);

std::vector<Pupil> words_class(double experts);
// The lines a pupil writes: a calculation each, and "#### 20".
std::vector<std::string> solve_story(const Pupil& pupil, const std::string& problem,
                                     Random& random);

} // namespace qstar::train
