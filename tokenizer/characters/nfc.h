#pragma once
// Unicode's normal form C (Unicode Standard Annex 15): a letter and its marks as one character
// where there is one, marks in a fixed order. Qwen's tokenizers see texts so.

#include <string>
#include <string_view>

namespace qstar::tokenizer {

// Bytes that are no UTF-8 stay as they are and join nothing.
std::string nfc(std::string_view text);

} // namespace qstar::tokenizer
