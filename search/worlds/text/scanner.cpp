#include "search/worlds/text/scanner.h"

#include "engine/base/error.h"

namespace qstar::search {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

char Scanner::peek() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
    return at < text.size() ? text[at] : '\0';
}

bool Scanner::sign() {
    bool negative = false;
    for (char c = peek(); c == '-' || c == '+'; c = peek()) {
        negative ^= c == '-';
        ++at;
    }
    return negative;
}

void Scanner::unexpected(std::string_view expected) const {
    if (at >= text.size()) fail("expected {}, found the end of the line", expected);
    const unsigned char c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 || c >= 0x7f)
        fail("column {}: expected {}, found the byte {}", at + 1, expected, int(c));
    fail("column {}: expected {}, found '{}'", at + 1, expected, text[at]);
}

} // namespace qstar::search
