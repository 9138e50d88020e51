#pragma once
// Text files of others: with or without a byte order mark.

#include <string>
#include <string_view>

namespace qstar {

// The text without the mark of UTF-8 (EF BB BF) that some editors put before it.
std::string_view without_byte_order_mark(std::string_view text);

// A file as read_file_of_lines() gives it, without that mark. Error for UTF-16, by its mark.
std::string read_text_file(const std::string& path);

} // namespace qstar
