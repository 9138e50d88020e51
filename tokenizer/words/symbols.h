#pragma once
// What merging begins with: a word as the tokens of its bytes or of its characters.

#include "tokenizer/words/vocabulary.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace qstar::tokenizer {

class Symbols {
  public:
    // Error where a byte has no token, unless the alphabet is characters without byte fallback.
    // `marks`: by id, whether it is no text.
    Symbols(const Vocabulary& vocabulary, const std::vector<bool>& marks);

    std::vector<int> of(std::string_view word) const;
    int of_byte(char byte) const { return byte_ids_[static_cast<uint8_t>(byte)]; } // or -1

    // What the token stands for within a text: of "\u2581the" " the", of "<0x0A>" a line feed.
    const std::string& bytes(int id) const {
        return bytes_.empty() ? vocabulary_.tokens[static_cast<size_t>(id)]
                              : bytes_[static_cast<size_t>(id)];
    }

  private:
    const Vocabulary& vocabulary_;
    std::vector<std::string> bytes_;                  // of tokens of characters, by id
    std::array<int, 256> byte_ids_{};                 // the token of a byte, or -1
    std::unordered_map<char32_t, int> character_ids_; // the token of a character
};

} // namespace qstar::tokenizer
