#pragma once
// What the readers of typed problems have in common: a place in a line, and the sentence
// that says what stands there instead.

#include <string_view>

namespace qstar::search {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text); // without blanks at both ends

struct Scanner {
    std::string_view text;
    size_t at = 0;

    char peek(); // the next character that is no blank, which it goes to; 0 at the end
    bool sign(); // passes all of - and +: is it negative?
    // "column 4: expected a number, found '/'"
    [[noreturn]] void unexpected(std::string_view expected) const;
};

} // namespace qstar::search
