#pragma once
// A list as text, a mark between its items: "a, b, c".

#include <fmt/core.h>
#include <functional>
#include <string>
#include <string_view>

namespace qstar {

// `of` is what is written of an item: joined(pupils, ", ", &Pupil::name).
template <class List, class Of = std::identity>
std::string joined(const List& list, std::string_view between, Of of = {}) {
    std::string text;
    bool first = true;
    for (const auto& item : list) {
        if (!first) text += between;
        first = false;
        text += fmt::format("{}", std::invoke(of, item));
    }
    return text;
}

} // namespace qstar
