#include "tokenizer/words/vocabulary.h"

#include "engine/base/error.h"
#include "tokenizer/characters/bytes.h"

#include <cstdint>

namespace qstar::tokenizer {

const std::string& text_of(const Vocabulary& vocabulary, int id) {
    const int size = static_cast<int>(vocabulary.tokens.size());
    if (id < 0 || id >= size)
        fail("token id {} is outside the vocabulary: expected 0 to {}", id, size - 1);
    const std::string& text = vocabulary.tokens[static_cast<size_t>(id)];
    if (text.empty()) fail("token id {} is a hole in the vocabulary: no token has it", id);
    return text;
}

void check(const Vocabulary& vocabulary) {
    for (const AddedToken& token : vocabulary.added) text_of(vocabulary, token.id);
    for (const int id : vocabulary.begins) text_of(vocabulary, id);
    for (const int id : vocabulary.ends) text_of(vocabulary, id);
    if (vocabulary.unknown >= 0) text_of(vocabulary, vocabulary.unknown);
}

std::vector<bool> marks_of(const Vocabulary& vocabulary) {
    std::vector<bool> marks(vocabulary.tokens.size());
    for (size_t id = 0; id < marks.size(); ++id) marks[id] = vocabulary.tokens[id].empty();
    for (const AddedToken& token : vocabulary.added)
        if (token.special) marks[static_cast<size_t>(token.id)] = true;
    return marks;
}

std::vector<std::string> byte_tokens() {
    std::vector<std::string> tokens;
    for (const uint8_t byte : byte_order()) tokens.emplace_back(1, static_cast<char>(byte));
    return tokens;
}

} // namespace qstar::tokenizer
