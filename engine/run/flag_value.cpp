#include "engine/run/flag_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fmt/core.h>
#include <limits>

namespace qstar {

namespace {

// Decimal digits, and no 0 before them: CLI11 would read 010 as eight.
bool is_whole(const std::string& text, int64_t low) {
    int64_t value = 0;
    const size_t first = text.starts_with('-') ? 1 : 0;
    if (text.size() > first + 1 && text[first] == '0') return false;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && at == end && value >= low;
}

bool is_real(const std::string& text) {
    if (text.empty() || text.find_first_not_of("+-.0123456789eE") != text.npos) return false;
    char* end = nullptr;
    return std::isfinite(std::strtod(text.c_str(), &end)) && *end == '\0';
}

} // namespace

std::string value_refusal(const std::string& type, const std::string& text) {
    constexpr int64_t kLow = std::numeric_limits<int64_t>::min();
    constexpr int64_t kHigh = std::numeric_limits<int64_t>::max();
    std::string wanted;
    if (type.starts_with("UINT")) {
        if (!is_whole(text, 0)) wanted = fmt::format("a whole number from 0 to {}", kHigh);
    } else if (type.starts_with("INT")) {
        if (!is_whole(text, kLow))
            wanted = fmt::format("a whole number from {} to {}", kLow, kHigh);
    } else if (type.starts_with("FLOAT")) {
        if (!is_real(text)) wanted = "a finite number";
    } else if (type.starts_with("BOOLEAN")) {
        constexpr std::array kKnown = {"true", "false", "on", "off", "yes", "no", "1", "0"};
        if (std::find(kKnown.begin(), kKnown.end(), text) == kKnown.end()) wanted = "true or false";
    }
    return wanted.empty() ? "" : fmt::format("expected {}, found \"{}\"", wanted, text);
}

} // namespace qstar
