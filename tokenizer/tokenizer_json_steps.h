#pragma once
// What tokenizer.json says is done to a text before and after its words are merged. Error for what
// tokenizer_json.h does not list.

#include "engine/text/jsonl.h"
#include "tokenizer/words/vocabulary.h"

#include <vector>

namespace qstar::tokenizer {

std::vector<NormalizerStep> read_normalizer(const JsonLine& root);
void read_pretokenizer(const JsonLine& root, Vocabulary& vocabulary);
void read_post_processor(const JsonLine& root, Vocabulary& vocabulary); // begins and ends
// After the pre-tokenizer and the model's settings, to which it must belong.
void read_decoder(const JsonLine& root, Vocabulary& vocabulary);

} // namespace qstar::tokenizer
