#pragma once
// The held-out split: which expressions no training text may show.
//
// Every expression with two or more operators belongs, by the hash of its text, to
// train (14/16), dev (1/16) or test (1/16), on every machine and with every seed.
// Shorter ones are the times table and belong to train. Not only problems are
// checked but every line of every training text, so that no test problem was seen
// as somebody's step either.

#include <span>
#include <string>
#include <string_view>

namespace qstar::train {

enum class Split { train, dev, test };

std::string_view name_of(Split split); // "train", "dev", "test"

// The side of an expression, by its canonical text (search/worlds/expression.h).
// Text that is no expression belongs to train.
Split split_of(std::string_view expression);

inline bool held_out(std::string_view line) { return split_of(line) != Split::train; }
bool any_held_out(std::span<const std::string> lines);

} // namespace qstar::train
