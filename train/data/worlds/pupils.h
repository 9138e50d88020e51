#pragma once
// The class: simulated pupils, who write solutions as pupils do.
//
// Each pupil is a function from a problem to the lines he writes under it; the last
// line is his answer. A mistaken value stays: he goes on with his own wrong line.
// The experts are the minority, so a model of the class's text learns the bad
// mathematics along with the good.
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

#include "engine/base/random.h"

#include <span>
#include <string>
#include <string_view>
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

struct Pupil {
    std::string name;
    unsigned habits = 0; // of Habit
    double share = 0;    // of all worksheets, relative to the others
    double rate = 0;     // of slips and wrong copies at one operation
};

// The default class: `experts` of all are experts, the others share the rest as in
// the table in pupils.cpp. Error unless 0 <= experts <= 1.
std::vector<Pupil> class_of(double experts);

// Changes shares and rates: "slipper=0.3", "slipper=0.3:0.5" (share, then rate).
// Error naming the known pupils. Other shares stay as they are; they are relative.
void change(std::vector<Pupil>& pupils, std::string_view change);

// The same of another world's class, whose others are these.
std::vector<Pupil> class_of(double experts, std::span<const Pupil> others);

const Pupil& draw_pupil(std::span<const Pupil> pupils, Random& random);

// The lines the pupil writes, at least one. Error if the problem is no expression
// over integers with + - *.
std::vector<std::string> solve(const Pupil& pupil, const std::string& problem, Random& random);

// How far a slip is off: 1, or less often 2, to either side.
int64_t off_by(Random& random);

// "<|problem|>3*(4+5)-2<|step|>3*9-2<|step|>27-2<|step|>25<|answer|>"
std::string text_of_item(const std::string& problem, std::span<const std::string> lines);

} // namespace qstar::train
