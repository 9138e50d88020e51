#pragma once
// The class: simulated pupils, who write solutions as pupils do.
//
// Each pupil is a function from a problem to the lines he writes under it; the last
// line is his answer. A mistaken value stays: he goes on with his own wrong line.
// The experts are the minority, so a model of the class's text learns the bad
// mathematics along with the good. Which mistakes there are is the world's affair
// (train/data/worlds): a habit is a bit of `habits`, and an expert has none.

#include "engine/base/random.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

struct Pupil {
    std::string name;
    unsigned habits = 0; // of the world's
    double share = 0;    // of all worksheets, relative to the others
    double rate = 0;     // of slips and wrong copies at one operation
};

// `experts` of all are experts, the others share the rest as they say. Error unless
// 0 <= experts <= 1.
std::vector<Pupil> class_of(double experts, std::span<const Pupil> others);

// Changes shares and rates: "slipper=0.3", "slipper=0.3:0.5" (share, then rate).
// Error naming the known pupils. Other shares stay as they are; they are relative.
void change(std::vector<Pupil>& pupils, std::string_view change);

const Pupil& draw_pupil(std::span<const Pupil> pupils, Random& random);

// How far a slip is off: 1, or less often 2, to either side.
int64_t off_by(Random& random);

// "<|problem|>3*(4+5)-2<|step|>3*9-2<|step|>27-2<|step|>25<|answer|>"
std::string text_of_item(const std::string& problem, std::span<const std::string> lines);

} // namespace qstar::train
