#include "tokenizer/tokenizer_json_fields.h"

#include "tokenizer/vocab_json.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace qstar::tokenizer {

std::optional<JsonLine> part(const JsonLine& above, std::string_view name) {
    if (!has_field(above, name)) return std::nullopt;
    return object_field(above, name);
}

void only(const JsonLine& object, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : object.value.items())
        if (std::find(known.begin(), known.end(), name) == known.end())
            fail("{}: the field \"{}\" is not understood", object.where, name);
}

bool flag(const JsonLine& object, std::string_view name, bool otherwise) {
    return has_field(object, name) ? bool_field(object, name) : otherwise;
}

void unknown_type(const JsonLine& object, const std::string& type, std::string_view expected) {
    fail("{}: the type \"{}\" is not understood: expected {}", object.where, type, expected);
}

int checked_id(const Json& value, const std::string& where, std::string_view token) {
    if (!value.is_number_integer())
        fail("{}: the id of token '{}' should be a whole number, found {}", where, token,
             value.is_number() ? "a fraction" : value.type_name());
    const bool large = value.type() == Json::Type::without_sign &&
                       value.get<uint64_t>() >= static_cast<uint64_t>(kMostIds);
    if (large || value.get<int64_t>() < 0 || value.get<int64_t>() >= kMostIds)
        fail("{}: token '{}' has id {}, expected 0 to {}", where, token, json_text(value),
             kMostIds - 1);
    return value.get<int>();
}

std::vector<JsonLine> sequence(const std::optional<JsonLine>& object, std::string_view list,
                               int depth) {
    if (!object) return {};
    if (string_field(*object, "type") != "Sequence") return {*object};
    only(*object, {"type", list});
    constexpr int kMostNested = 4; // each is a copy
    if (depth == kMostNested)
        fail("{}: Sequences are nested more than {} deep", object->where, kMostNested);
    std::vector<JsonLine> parts;
    for (const JsonLine& each : array_field(*object, list)) {
        if (!each.value.is_object())
            fail("{}: expected an object, found {}", each.where, each.value.type_name());
        for (JsonLine& inner : sequence(each, list, depth + 1)) parts.push_back(std::move(inner));
    }
    return parts;
}

} // namespace qstar::tokenizer
