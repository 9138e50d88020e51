#pragma once
// One short text that says whether two tokenizers are the same.

#include "tokenizer/bpe.h"

#include <string>

namespace qstar::tokenizer {

// SHA-256, 64 hex digits, of all that decides which ids a text gets and what they
// mean: the tokens by id, the merges by rank, the special tokens and how words are
// split. It does not depend on how the files are written.
std::string fingerprint(const Tokenizer& tokenizer);

} // namespace qstar::tokenizer
