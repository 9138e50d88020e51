#pragma once
// What a space says of a line that it does not take.

#include "engine/base/error.h"
#include "search/problem/space.h"

namespace qstar::search {

inline std::string refusal(const Space& space, std::string_view line) {
    try {
        space.read(line);
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

} // namespace qstar::search
