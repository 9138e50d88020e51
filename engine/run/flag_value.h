#pragma once
// A flag's value as it stands on a line. A number is read wholly or refused: "12abc", "1e3" for a
// count, "010" and "nan" are none.

#include <string>

namespace qstar {

// What is wrong with a value of a type as CLI11 names it, UINT, INT, FLOAT or BOOLEAN: "expected a
// finite number, found \"nan\""; empty: nothing. Another type may be any text.
std::string value_refusal(const std::string& type, const std::string& text);

} // namespace qstar
