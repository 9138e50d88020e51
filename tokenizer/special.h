#pragma once
// The special tokens: the only marks by which a worksheet has a structure.
//
// One item of a worksheet, a problem and its solution, is the text
//   <|problem|>3*(4+5)-2<|step|>3*9-2<|step|>27-2<|step|>25<|answer|>
// Every line, the problem's statement too, ends in a special token; the text of
// the last line, the one that <|answer|> ends, is the final answer. A worksheet
// is one or more items between <|endoftext|> and <|endoftext|>.
//
// A special token is one id and never the product of merges, so no text that is
// encoded with Specials::as_text (bpe.h) can contain one.

#include <array>
#include <string_view>

namespace qstar::tokenizer {

inline constexpr std::string_view kEndOfText = "<|endoftext|>"; // begins and ends a worksheet
inline constexpr std::string_view kProblem = "<|problem|>";     // a problem's statement follows
inline constexpr std::string_view kStep = "<|step|>";     // ends the statement, or a step of many
inline constexpr std::string_view kAnswer = "<|answer|>"; // ends the last line: the final answer

// In the order of their ids, which are the last of the vocabulary.
inline constexpr std::array<std::string_view, 4> kSpecialTokens = {kEndOfText, kProblem, kStep,
                                                                   kAnswer};

// Whether a name looks like a special token, ours or another's: <...> or [...].
constexpr bool looks_special(std::string_view name) {
    return name.size() >= 3 && ((name.front() == '<' && name.back() == '>') ||
                                (name.front() == '[' && name.back() == ']'));
}

} // namespace qstar::tokenizer
