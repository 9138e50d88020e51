#pragma once
// GPT-2's byte alphabet: an order of the 256 bytes, and a printable character
// for each of them, so that tokens of any bytes can be written in text files.
//
// The 188 bytes that Latin-1 prints ('!'..'~', 0xA1..0xAC, 0xAE..0xFF) come first
// and stand for themselves; the others follow in ascending order and are written
// as U+0100, U+0101, ... A space is thus written as U+0120. (Radford et al. 2019,
// released code.)

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace qstar::tokenizer {

// byte_order()[id] is the byte whose token has that id, for ids 0 to 255.
const std::array<uint8_t, 256>& byte_order();

// The bytes, each written as its character of the alphabet, in UTF-8.
std::string printable(std::string_view bytes);

// The inverse; nothing where a character is not in the alphabet.
std::optional<std::string> from_printable(std::string_view text);

} // namespace qstar::tokenizer
