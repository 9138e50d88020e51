#include "engine/base/range.h"

#include "engine/base/error.h"

#include <algorithm>
#include <string>

namespace qstar {

namespace {

template <class T>
void check_within(std::string_view flag, T value, T low, T high) {
    if (value >= low && value <= high) return;
    if (high == static_cast<T>(kMost) && !(value > high))
        fail("--{} must be {} or more, found {}", flag, low, value);
    fail("--{} must be within {} to {}, found {}", flag, low, high, value);
}

} // namespace

void check_whole(std::string_view flag, int64_t value, int64_t low, int64_t high) {
    check_within(flag, value, low, high);
}

void check_real(std::string_view flag, double value, double low, double high) {
    check_within(flag, value, low, high);
}

void check_above(std::string_view flag, double value, double low, double high) {
    if (!(value > low && value <= high))
        fail("--{} must be above {} and at most {}, found {}", flag, low, high, value);
}

void check_choice(std::string_view flag, std::string_view value,
                  const std::vector<std::string_view>& choices) {
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) return;
    std::string list;
    for (const std::string_view& choice : choices) {
        if (!list.empty()) list += &choice == &choices.back() ? " or " : ", ";
        list += choice;
    }
    fail("--{} must be {}, found \"{}\"", flag, list, value);
}

} // namespace qstar
