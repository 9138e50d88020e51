#pragma once
// The held-out split: which problems no training text may show.
//
// Every expression with two or more operators belongs, by the hash of its text, to
// train (14/16), dev (1/16) or test (1/16), on every machine and with every seed.
// Shorter ones are the times table and belong to train. Not only problems are
// checked but every line of every training text, so that no test problem was seen
// as somebody's step either. A line is known by its form:
//   an equation of three terms or more, whatever the letter of its unknown
//   a question in words, which ends in "?"
//   a hand of countdown of four numbers or more, whatever the target; so its problems are
//   held out with all of their targets, and a step belongs where the numbers it leaves do

#include <span>
#include <string>
#include <string_view>

namespace qstar::train {

enum class Split { train, dev, test };

std::string_view name_of(Split split); // "train", "dev", "test"
// By its name, where a measurement is asked for: "dev" or "test". Error for another.
Split held_out_split(std::string_view name);

// The side of a line, by its canonical text. Text of no such form belongs to train.
Split split_of(std::string_view line);

inline bool held_out(std::string_view line) { return split_of(line) != Split::train; }
bool any_held_out(std::span<const std::string> lines);

} // namespace qstar::train
