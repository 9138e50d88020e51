#pragma once
// A vocabulary as GGUF files keep it: the values of their keys tokenizer.ggml.*.
//
// Two kinds are read (Gerganov et al., GGUF's specification). "gpt2" is byte-level BPE: tokens in
// GPT-2's byte alphabet, merges as "left right" by rank, and `pre`, a name for how words are
// split. "llama" is SentencePiece's BPE with byte fallback: there are no merges; of neighbours
// whose joined text is a token, those whose token has the highest score are joined first.

#include "tokenizer/bpe.h"

#include <optional>
#include <string>
#include <vector>

namespace qstar::tokenizer {

// What a token is for (`types`, tokenizer.ggml.token_type).
enum GgufTokenType : int {
    gguf_normal = 1,
    gguf_unknown = 2,
    gguf_control = 3,      // special: never text
    gguf_user_defined = 4, // an added token that is text
    gguf_unused = 5,
    gguf_byte = 6, // "<0x0A>"
};

struct GgufVocabulary {
    std::string model;                    // "gpt2" or "llama"
    std::string pre;                      // of "gpt2": "gpt-2", "llama-bpe", "qwen2", "smollm"
    std::vector<std::string> tokens;      // by id
    std::vector<float> scores;            // of "llama", one a token
    std::vector<int> types;               // one a token; empty: all normal
    std::vector<std::string> merges;      // of "gpt2"
    int bos = -1, eos = -1, unknown = -1; // ids, -1: the file has no such key
    // Nothing where the file lacks the key: then llama.cpp's default for the model holds.
    std::optional<bool> add_bos, add_eos, add_space_prefix;
    // Of what gguf_vocabulary_of() made: where llama.cpp's ids may differ from ours, a sentence
    // for whoever writes the file; empty where they cannot. No key of the file.
    std::string inexact;

    int type(size_t id) const { return types.empty() ? static_cast<int>(gguf_normal) : types[id]; }
};

// Throws an Error that names the key and what is wrong with it; the caller puts the file's name
// before it. Unused tokens become holes. As llama.cpp does, no normaliser is applied for "qwen2".
// Tokens of equal score are ranked by their ids.
Tokenizer tokenizer_of(const GgufVocabulary& vocabulary);

// The inverse, for writers. `bos` and `eos` are set where the tokenizer puts them around a text or
// has one of the usual names (<|endoftext|>, </s>, ...); who knows better from a model's
// configuration sets them anew. Throws where GGUF has no word for what the tokenizer does: words
// that are split in a way without a name, characters without byte fallback.
GgufVocabulary gguf_vocabulary_of(const Tokenizer& tokenizer);

} // namespace qstar::tokenizer
