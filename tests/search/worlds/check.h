#pragma once
// What a world says of a step.

#include "search/problem/world.h"

#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

template <class W>
Label check(std::string problem, std::vector<std::string> steps, std::string_view step,
            bool final = false) {
    return W().check_step({std::move(problem), std::move(steps), false}, step, final);
}

} // namespace qstar::search
