#pragma once
// As much of Unicode as splitting a text into words needs.

#include <cstddef>
#include <string>
#include <string_view>

namespace qstar::tokenizer {

// What a byte that is no valid UTF-8 decodes to; beyond the last code point.
inline constexpr char32_t kInvalidCode = 0x110000;

struct Character {
    char32_t code;
    size_t bytes; // of its encoding, 1 to 4
};

// The character that begins at text[at], at < text.size(). Strict UTF-8 (RFC 3629:
// no overlong forms, no surrogates); otherwise invalid_code, one byte long.
Character decode_utf8(std::string_view text, size_t at);

// Appends a code point's UTF-8 to a text.
void append_utf8(char32_t code, std::string& text);

enum class CharClass { letter, number, space, other };

// letter: general categories L*; number: N*; space: the property White_Space;
// anything else, invalid_code too, is other.
CharClass classify(char32_t code);

} // namespace qstar::tokenizer
