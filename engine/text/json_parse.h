#pragma once
// JSON text -> value, stricter than the library: a text that is no single value, a number that no
// double holds, a name twice in an object, a byte that is not UTF-8 (or zero), and nesting deeper
// than 100 (the library copies a value recursively) are Errors with a sentence of our own.

#include "engine/text/json.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace qstar {

// Error "WHERE: not JSON: column 8: expected ..., found ...".
Json parse_json(std::string_view text, const std::string& where);

// The same for text that begins at a line of a file: "FILE:LINE: not JSON: ...".
Json parse_json(std::string_view text, const std::string& file, int64_t line);

} // namespace qstar
