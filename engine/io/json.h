#pragma once
// The type of a JSON value, declared but not defined: for headers that only name it.
// engine/io/jsonl.h holds the rest.

#include <nlohmann/json_fwd.hpp>

namespace qstar {

using Json = nlohmann::ordered_json; // keys keep the order in which they were written

} // namespace qstar
