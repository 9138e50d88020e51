#pragma once
// The sum of a list of numbers, in double and in their order: the same bytes with any threads.

#include <span>

namespace qstar::engine {

inline double sum_of(std::span<const float> numbers) {
    double total = 0;
    for (const float number : numbers) total += number;
    return total;
}

} // namespace qstar::engine
