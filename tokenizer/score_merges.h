#pragma once
// SentencePiece's rule as merges. It joins any two neighbours whose text is a token, the highest
// score first: every token with every pair of tokens that make it, ranked by its score.

#include "tokenizer/gguf_vocabulary.h"

#include <vector>

namespace qstar::tokenizer {

// Error for a token that is too long to be split in all ways.
std::vector<Merge> merges_by_score(const GgufVocabulary& gguf);

} // namespace qstar::tokenizer
