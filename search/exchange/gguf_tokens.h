#pragma once
// A tokenizer in the keys tokenizer.ggml.* of a GGUF file (tokenizer/gguf_vocabulary.h).

#include "engine/formats/gguf.h"
#include "engine/formats/gguf_writer.h"
#include "engine/formats/hf_config.h"
#include "search/exchange/text_ends.h"
#include "tokenizer/bpe.h"

#include <cstdint>
#include <string>

namespace qstar::search {

// Error, with the file's name, for keys that are missing or that make no tokenizer.
tokenizer::Tokenizer tokenizer_of_gguf(const engine::GgufReader& file);
engine::TextEnds ends_of_gguf(const engine::GgufReader& file);

// Adds the keys, with as many tokens as the model has rows: what the tokenizer lacks of them is
// unused there. Gives a sentence where llama.cpp's ids may differ from ours, else nothing.
std::string put_tokens(engine::GgufContents& contents, const tokenizer::Tokenizer& tokenizer,
                       const RunEnds& ends, int64_t rows);

} // namespace qstar::search
