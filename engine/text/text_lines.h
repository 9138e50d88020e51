#pragma once
// The lines of a text of others: ended by LF, CR LF or, as on old systems, CR alone.

#include <cstdint>
#include <string_view>
#include <vector>

namespace qstar {

struct TextLine {
    std::string_view text; // without its end
    int64_t number;        // from 1
};

// Views into the text. What stands behind the last end is a line if it is not empty.
std::vector<TextLine> text_lines(std::string_view text);

bool is_blank(std::string_view line); // nothing but spaces and tabs

} // namespace qstar
