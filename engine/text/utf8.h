#pragma once
// UTF-8: how long a character is, and text as a terminal may show it.

#include <string>
#include <string_view>

namespace qstar {

// Bytes of the character that the text begins with, 1 to 4; 0 where that is not UTF-8 (RFC 3629)
// or nothing is left.
size_t utf8_size(std::string_view text);

// Where the text stops to be UTF-8: the first byte that belongs to no character, or its size.
size_t utf8_end(std::string_view text);

// Text from a file as it may be shown: control characters (C0 but line feeds and tabs, DEL, C1)
// and bytes that are not UTF-8 are written as \xHH. A terminal would obey them.
std::string printable(std::string_view text);

} // namespace qstar
