#pragma once
// Splitting a text into the pre-tokens ("words") that merges never cross.
//
// GPT-2's pattern (Radford et al. 2019), written out by hand:
//
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+|NUMBER| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// NUMBER is what vocabularies differ in (Digits).
//
// The pre-tokens of a text, one after another, are exactly its bytes. A byte
// that is no valid UTF-8 counts as a character that is no letter, number or space.

#include <optional>
#include <string_view>
#include <vector>

namespace qstar::tokenizer {

enum class Digits {
    single, // \p{N}: each alone, so that no number has two spellings; what we train
    runs,   //  ?\p{N}+: GPT-2's own
};

// "single" or "runs", as files write it; and back, nothing for any other text.
std::string_view name_of(Digits digits);
std::optional<Digits> digits_named(std::string_view name);

// How a vocabulary's texts are split into words: a part of the vocabulary, as its
// merges are.
struct Pretokenizer {
    Digits digits = Digits::single;
    bool operator==(const Pretokenizer&) const = default;
};

// Where the pre-token that begins at text[begin] ends; begin < text.size().
size_t pretoken_end(std::string_view text, size_t begin, const Pretokenizer& how = {});

// All of them, as views into the text.
std::vector<std::string_view> pretokenize(std::string_view text, const Pretokenizer& how = {});

} // namespace qstar::tokenizer
