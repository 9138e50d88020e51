#pragma once
// The sides of the held-out split, and how a text gets one.

#include <string_view>

namespace qstar::train {

enum class Split { train, dev, test };

std::string_view name_of(Split split); // "train", "dev", "test"
// By its name, where a measurement is asked for: "dev" or "test". Error for another.
Split held_out_split(std::string_view name);

// By the hash of a canonical text: train (14/16), dev (1/16) or test (1/16), on every machine and
// with every seed. Train for the empty text.
Split side_of(std::string_view key);

// What a line cannot be is seen by its characters: a parser's refusal is slow, and lines are
// asked for by the million.
bool has_letter(std::string_view line);

} // namespace qstar::train
