#pragma once
// Reading a number with a point.

#include <string_view>

namespace qstar {

// Whether `text` is a decimal number and nothing else; then `value` is the nearest double.
bool read_real(std::string_view text, double& value);

} // namespace qstar
