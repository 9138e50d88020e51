#pragma once
// The class that works out expressions over small integers, and its misconceptions.
//
// Habits (a pupil may have several):
//   left_to_right    works from left to right: * does not bind tighter than + and -
//   drops_brackets   drops the brackets in the first line
//   loses_signs      3-5 is 2, and no minus sign survives
//   forgets_carries  27+15 is 32, 32-15 is 27: ones never carry into or borrow from the tens
//   slips            each result is wrong at a rate: off by one or two, or a neighbour in
//                    the times table
//   miscopies        at a rate, a digit of the rest of the line is copied wrongly
//   skips            two operations a line
// An expert has none: one operation a line, in the order of the world's derivation().

#include "train/data/class/pupils.h"

#include <string>
#include <vector>

namespace qstar::train {

enum Habit : unsigned {
    left_to_right = 1,
    drops_brackets = 2,
    loses_signs = 4,
    forgets_carries = 8,
    slips = 16,
    miscopies = 32,
    skips = 64,
};

// The shares of the others are in the table in arithmetic_class.cpp.
std::vector<Pupil> arithmetic_class(double experts);

// The lines the pupil writes, at least one. Error if the problem is no expression
// over integers with + - *.
std::vector<std::string> solve(const Pupil& pupil, const std::string& problem, Random& random);

} // namespace qstar::train
