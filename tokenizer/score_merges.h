#pragma once
// SentencePiece's rule as merges. It joins any two neighbours whose text is a token, the highest
// score first: every token with every pair of tokens that make it, ranked by its score.

#include "tokenizer/bpe.h"

#include <span>
#include <string_view>
#include <vector>

namespace qstar::tokenizer {

struct ScoredToken {
    std::string_view text;
    float score;
    bool joins; // a normal token: it is made of others, and others are made of it
};

// By id. Error for a token that is too long to be split in all ways.
std::vector<Merge> merges_by_score(std::span<const ScoredToken> tokens);

} // namespace qstar::tokenizer
