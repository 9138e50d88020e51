#pragma once
// Splitting a text into the pre-tokens ("words") that merges never cross.
//
// Two patterns, written out by hand. GPT-2's (Radford et al. 2019):
//
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+|NUMBER| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// and the one of Llama 3 and Qwen 2, where contractions have any case, a word takes any one
// mark before it along, and line feeds end words:
//
//   (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|NUMBER| ?[^\s\p{L}\p{N}]+[\r\n]*
//   |\s*[\r\n]+|\s+(?!\S)|\s+
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
    single, // \p{N}: each alone, so that no number has two spellings; what we train, and Qwen
    runs,   //  ?\p{N}+: GPT-2's own
    threes, // \p{N}{1,3}: Llama 3's
    apart,  // each alone, cut out before the pattern sees the rest: SmolLM's
};

enum class Words {
    gpt2,   // GPT-2's pattern
    llama3, // Llama 3's
    whole,  // none: a text is one word, as in Llama 2
    marks,  // a word begins at each U+2581, SentencePiece's space
};

// Where a space (of Words::whole and marks U+2581) is put before a text that begins with none.
enum class Prefix {
    none,
    first, // at the beginning of the text
    every, // there and after each added token
};

// "single", "runs", "threes" or "apart". Back, nothing for any other text than the two that
// pretokenizer.json knows: "single" and "runs".
std::string_view name_of(Digits digits);
std::optional<Digits> digits_named(std::string_view name);
std::string_view name_of(Words words);
std::string_view name_of(Prefix prefix);

// How a vocabulary's texts are split into words: a part of the vocabulary, as its
// merges are.
struct Pretokenizer {
    Digits digits = Digits::single;
    Words words = Words::gpt2;
    Prefix prefix = Prefix::none;
    bool metaspace = false; // spaces are written as U+2581 first
    bool operator==(const Pretokenizer&) const = default;
};

// The regular expression as tokenizer.json writes it, of Words::gpt2 and llama3 with digits that
// are not apart; and back, nothing for another expression.
std::string_view pattern_of(const Pretokenizer& how);
std::optional<Pretokenizer> pretokenizer_of_pattern(std::string_view pattern);

// Where the pre-token that begins at text[begin] ends; begin < text.size().
size_t pretoken_end(std::string_view text, size_t begin, const Pretokenizer& how = {});

// All of them, as views into the text.
std::vector<std::string_view> pretokenize(std::string_view text, const Pretokenizer& how = {});

// SentencePiece's mark for a space, U+2581.
inline constexpr std::string_view kSpaceMark = "\xE2\x96\x81";

} // namespace qstar::tokenizer
