#pragma once
// What a run's class has worked with, and whether a problem is of that kind. A model that has
// learned from the class knows nothing else, so what lies outside is mostly got wrong, and whoever
// types it in should be told.

#include "search/problem/world.h"

#include <cstdint>
#include <optional>
#include <string>

namespace qstar::search {

// Of plain arithmetic, as the corpus was made: the numbers of a problem, how many there are at
// most, its operators, and the largest value on the lines of a solution. Of brackets a problem has
// one pair at most.
struct ClassRange {
    int64_t low = 0, high = 0, most_operands = 0, bound = 0;
    std::string operators;
};

// None of other worlds and forms, and where the run does not say it.
std::optional<ClassRange> class_range(const std::string& run, const World& world);

// What is new to the class in this problem, as a sentence without its full stop; empty where there
// is nothing, or nothing is known.
std::string beyond_class(const std::optional<ClassRange>& known, const std::string& problem);

} // namespace qstar::search
