#pragma once
// The class that works out expressions in the forms of DeepMind Mathematics (Saxton et al. 2019):
// negative numbers, division, brackets within brackets, over exact fractions.
//
//   add_sub_multiple   + and -                  (-6 - -13) + (10 - 8)
//   mul_div_multiple   * and /                  (-8)/(-2)*3
//   mixed              all four                 -3/6*(3-7)
//   deepmind           one of the three, equally likely
//
// Habits (those of arithmetic_class.h that make sense of a tree, and one more):
//   drops_brackets   drops the brackets in the first line
//   loses_signs      no minus sign survives a calculation
//   slips            results are wrong at a rate, by one or two
//   turns_over       divides the larger number by the smaller one, whichever stands first

#include "train/data/worlds/arithmetic/arithmetic_class.h"
#include "train/data/worlds/arithmetic/problem_config.h"

#include <string>
#include <vector>

namespace qstar::train {

enum FormHabit : unsigned { turns_over = 256 };

// One expression of the form `config.form`, canonical, on any side of the split. Operands are
// -high..high, each number of a right derivation is a fraction of two integers within the bound.
std::string draw_form(const ProblemConfig& config, Random& random);

std::vector<Pupil> forms_class(double experts);
// The lines a pupil writes, at least one. Error if the problem is no expression.
std::vector<std::string> solve_form(const Pupil& pupil, const std::string& problem, Random& random);

} // namespace qstar::train
