#pragma once
// Splitting a text into the pre-tokens ("words") that merges never cross.
//
// GPT-2's pattern (Radford et al. 2019), written out by hand, with one change:
// a number is one digit, without the space before it, so that the model reads
// every number digit by digit and no number has two spellings.
//
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// The pre-tokens of a text, one after another, are exactly its bytes. A byte
// that is no valid UTF-8 counts as a character that is no letter, number or space.

#include <string_view>
#include <vector>

namespace qstar::tokenizer {

// Where the pre-token that begins at text[begin] ends; begin < text.size().
size_t pretoken_end(std::string_view text, size_t begin);

// All of them, as views into the text.
std::vector<std::string_view> pretokenize(std::string_view text);

} // namespace qstar::tokenizer
