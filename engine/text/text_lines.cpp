#include "engine/text/text_lines.h"

#include <algorithm>

namespace qstar {

std::vector<TextLine> text_lines(std::string_view text) {
    std::vector<TextLine> lines;
    for (int64_t number = 1; !text.empty(); ++number) {
        const size_t end = std::min(text.find_first_of("\r\n"), text.size());
        lines.push_back({text.substr(0, end), number});
        text.remove_prefix(end);
        text.remove_prefix(std::min(text.size(), size_t{text.starts_with("\r\n") ? 2u : 1u}));
    }
    return lines;
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t") == std::string_view::npos;
}

} // namespace qstar
