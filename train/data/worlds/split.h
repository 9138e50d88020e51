#pragma once
// The held-out split: which problems no training text may show.
//
// Every problem belongs, by the hash of its canonical text, to train (14/16), dev (1/16) or test
// (1/16). Not only problems are checked but every line of every training text, so that no test
// problem was seen as somebody's step either. What a line is, the worlds say (Teaching::split_key):
//   an expression with two or more operators; shorter ones are the times table and train's
//   an equation of three terms or more, whatever the letter of its unknown
//   a question in words, which ends in "?"
//   a hand of countdown of four numbers or more, whatever the target; so its problems are
//   held out with all of their targets, and a step belongs where the numbers it leaves do

#include "train/data/class/side.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

// The side of a line, by the first world that has a key for it. Other text belongs to train.
Split split_of(std::string_view line);

inline bool held_out(std::string_view line) { return split_of(line) != Split::train; }

// The lines of a text: a model may write a line's end, or a mark's characters, within a step.
std::vector<std::string> shown_lines(std::string text);

// Is a line of one of these texts held out?
bool any_held_out(std::span<const std::string> texts);

} // namespace qstar::train
