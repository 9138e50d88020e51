#pragma once
// The fields of tokenizer.json: each is understood or refused by its name.

#include "engine/base/error.h"
#include "engine/text/jsonl.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::tokenizer {

// A part that may be null or missing: nothing then.
std::optional<JsonLine> part(const JsonLine& above, std::string_view name);
// Error for a field that is none of these.
void only(const JsonLine& object, std::initializer_list<std::string_view> known);
// A setting that changes nothing if it is missing, null or `neutral`; else an Error.
template <class T>
void neutral(const JsonLine& object, std::string_view name, const T& neutral) {
    if (has_field(object, name) && !(object.value.at(name) == Json(neutral)))
        fail("{}: {} {} is not understood: expected {}", object.where, name,
             json_text(object.value.at(name)), json_text(Json(neutral)));
}
bool flag(const JsonLine& object, std::string_view name, bool otherwise);
int checked_id(const Json& value, const std::string& where, std::string_view token);

// The parts of a Sequence, of Sequences in it too; of any other part itself; of none nothing.
std::vector<JsonLine> sequence(const std::optional<JsonLine>& object, std::string_view list,
                               int depth = 0);
[[noreturn]] void unknown_type(const JsonLine& object, const std::string& type,
                               std::string_view expected);

} // namespace qstar::tokenizer
