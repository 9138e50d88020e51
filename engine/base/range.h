#pragma once
// What a flag's value may be: each function throws an Error, one sentence with the flag's name,
// what was expected and what was found. nan and inf lie in no range.

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

namespace qstar {

inline constexpr int64_t kMost = 1'000'000'000; // of any number for which no bound is named

// "--items must be 1 or more, found -3"; with a bound: "--wrong must be within 0 to 1, found 2"
void check_whole(std::string_view flag, int64_t value, int64_t low, int64_t high);
void check_real(std::string_view flag, double value, double low, double high);
// "--beta must be above 0 and at most 1000, found 0"
void check_above(std::string_view flag, double value, double low, double high);
// "--loss must be dpo or ipo, found "mse""
void check_choice(std::string_view flag, std::string_view value,
                  const std::vector<std::string_view>& choices);

template <class T>
void check_range(std::string_view flag, T value, std::type_identity_t<T> low,
                 std::type_identity_t<T> high = static_cast<T>(kMost)) {
    if constexpr (std::is_integral_v<T>)
        check_whole(flag, value, low, high);
    else
        check_real(flag, value, low, high);
}

} // namespace qstar
