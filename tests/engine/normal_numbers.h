#pragma once
// Numbers for a test: n from a normal distribution, the standard one unless told otherwise, others
// for each name.

#include "engine/base/random.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace qstar {

inline std::vector<float> normal_numbers(int64_t n, std::string_view name, double deviation = 1) {
    std::vector<float> x(static_cast<size_t>(n));
    Random random(11, name);
    for (float& v : x) v = static_cast<float>(deviation * random.normal());
    return x;
}

} // namespace qstar
