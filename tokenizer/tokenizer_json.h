#pragma once
// tokenizer.json, the one file in which Hugging Face's library keeps a tokenizer.
//
// Read are the tokenizers of the families gpt2, llama and qwen: model BPE, byte-level with the
// pre-tokenizers of GPT-2, Llama 3, Qwen 2, SmolLM and ours, or of characters with byte fallback
// as in Llama 2. Of each part of the file:
//
//   normalizer      NFC, Prepend, Replace of a string, Sequences of them
//   pre_tokenizer   ByteLevel; Split with a known expression (pretokenize.h) or Digits, one by
//                   one, before it; Metaspace; none
//   post_processor  ByteLevel (it changes no ids), TemplateProcessing: begins and ends
//   decoder         ByteLevel; Replace, ByteFallback, Fuse and Strip of one space
//   added_tokens    all but single_word
//   truncation, padding: passed over, as they cut and fill batches
//
// Anything else is refused by its name: an Error with the file and the place in it, such as
// "tokenizer.json: normalizer: ...".

#include "tokenizer/bpe.h"

#include <string>
#include <string_view>

namespace qstar::tokenizer {

Tokenizer read_tokenizer_json(const std::string& file);
Tokenizer parse_tokenizer_json(std::string_view text, const std::string& name);

// The file's text. Reading it gives a tokenizer of the same fingerprint.
std::string tokenizer_json_text(const Tokenizer& tokenizer);

} // namespace qstar::tokenizer
