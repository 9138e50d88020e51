#include "search/worlds/countdown/search_stream.h"

#include <algorithm>

namespace qstar::search {

size_t numbers_left(std::string_view line) {
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) return 0;
    const std::string_view list = line.substr(equals);
    const auto spaces = static_cast<size_t>(std::count(list.begin(), list.end(), ' '));
    return std::max<size_t>(1, spaces);
}

std::vector<std::string> solution_lines(size_t numbers, std::span<const std::string> lines) {
    std::vector<std::string> path;
    size_t wanted = 1;
    for (size_t i = lines.size(); i-- > 0 && wanted < numbers;) {
        if (numbers_left(lines[i]) == wanted) {
            path.push_back(lines[i]);
            ++wanted;
        } else if (i + 1 == lines.size()) {
            return {};
        }
    }
    if (wanted < numbers) return {};
    std::reverse(path.begin(), path.end());
    return path;
}

} // namespace qstar::search
