#pragma once
// vocab.json: one flat JSON object from tokens to ids.

#include <string>
#include <vector>

namespace qstar::tokenizer {

// One entry, its token as the file writes it (bytes.h), and where it stands.
struct VocabEntry {
    std::string text;
    int id;
    size_t line;
};

// Ids are below this: a file that holds a larger one would ask for as much memory.
inline constexpr int kMostIds = 1 << 20;

// The entries in the order of their ids, which may have holes. Throws an Error with
// file and line at broken JSON, an id that is out of bounds, and a token or an id that
// comes twice.
std::vector<VocabEntry> read_vocab_json(const std::string& file);

} // namespace qstar::tokenizer
