#pragma once
// What a tokenizer is made of: the vocabulary's tokens and merges, and what is done to a text
// before and after. Plain data, as files of any form say it; bpe.h computes with it.

#include "tokenizer/words/pretokenize.h"

#include <string>
#include <vector>

namespace qstar::tokenizer {

// Tokens `left` and `right`, side by side, become `product`: three ids.
struct Merge {
    int left, right, product;
    bool operator==(const Merge&) const = default;
};

enum class Alphabet {
    bytes,      // merging begins with a word's bytes: GPT-2, Llama 3, Qwen
    characters, // with its characters; those without a token become bytes: Llama 2
};

// A token that is cut out of a text as it stands, before the text is split into words.
struct AddedToken {
    int id = 0;
    bool special = true;                 // a mark that is no text
    bool normalized = false;             // looked for in the normalised text, after the others
    bool lstrip = false, rstrip = false; // takes the white space before it, after it, along
    bool operator==(const AddedToken&) const = default;
};

// What is done to a text, one step after another, before it is split into words.
struct NormalizerStep {
    enum Kind {
        nfc,     // Unicode's composed form (nfc.h)
        prepend, // `to` before a text that is not empty
        replace, // each `from` by `to`
    } kind = nfc;
    std::string from = {}, to = {};
    bool operator==(const NormalizerStep&) const = default;
};

struct Vocabulary {
    Alphabet alphabet = Alphabet::bytes;
    // By id. Of bytes: the token's bytes. Of characters: its text as files write it, a space as
    // U+2581, a byte as "<0x0A>". Of an added token its name. A hole is empty.
    std::vector<std::string> tokens;
    std::vector<Merge> merges; // by rank, the first learned first
    std::vector<AddedToken> added;
    std::vector<NormalizerStep> normalizer;
    Pretokenizer pretokenizer;
    bool ignore_merges = false; // a word that is a token is that token, whatever its merges

    // Of characters only. A character without a token becomes the tokens of its bytes, or else
    // `unknown` (-1: nothing at all), one for several in a row if they fuse.
    bool byte_fallback = false, fuse_unknown = false;
    int unknown = -1;
    bool strips_space = false; // a text that is decoded loses its first character, if a space

    std::vector<int> begins, ends; // what a model expects before and after a text
};

// The token of an id. Error for one that is outside the vocabulary or that of a hole.
const std::string& text_of(const Vocabulary& vocabulary, int id);
// Error if an id of the added tokens, of what stands around a text, or the unknown is no token's.
void check(const Vocabulary& vocabulary);
// By id, whether it is no text: a special token's, or a hole's.
std::vector<bool> marks_of(const Vocabulary& vocabulary);

// The tokens that every vocabulary of ours begins with, by id: the 256 bytes.
std::vector<std::string> byte_tokens();

} // namespace qstar::tokenizer
