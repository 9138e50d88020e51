#pragma once
// A list as text, a mark between its items: "a, b, c".

#include <fmt/core.h>
#include <string>
#include <string_view>

namespace qstar {

template <class List>
std::string joined(const List& list, std::string_view between) {
    std::string text;
    for (const auto& item : list) {
        if (&item != &*list.begin()) text += between;
        text += fmt::format("{}", item);
    }
    return text;
}

} // namespace qstar
