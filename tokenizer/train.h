#pragma once
// Learning the merges from text.
//
// Sennrich et al. (2016), algorithm 1: every word starts as its bytes; as long as
// the vocabulary may grow, the pair of neighbouring tokens that occurs most often
// becomes a new token everywhere. Of pairs that are equally frequent the one whose
// left token, then whose right token, is smaller in bytes goes first, so the same
// text always gives the same merges.

#include "tokenizer/bpe.h"
#include "tokenizer/words/pretokenize.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace qstar::tokenizer {

// How often each word of a corpus occurs, with numbers cut as `digits` says: single, where no
// merge has two digits, or runs, where numbers become tokens, too.
struct WordCounts {
    Digits digits = Digits::single;
    std::unordered_map<std::string, int64_t> times = {};
};

// Adds the words of a text. In a worksheet of ours (Specials::allowed) the special tokens
// are skipped; in any other text their names are characters as all others are.
void count_words(std::string_view text, WordCounts& words, Specials specials = Specials::as_text);

// A tokenizer of `vocabulary` tokens, which cuts numbers as the words are cut: 256 bytes, merges,
// special_tokens. Smaller where no pair is left that occurs twice. Throws where the vocabulary
// cannot even hold the bytes and the special tokens (260).
Tokenizer train_bpe(const WordCounts& words, int vocabulary);

} // namespace qstar::tokenizer
