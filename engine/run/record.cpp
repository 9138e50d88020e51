#include "engine/run/record.h"

#include <algorithm>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace qstar {

namespace {

template <class T>
Json json_of(const T& value) {
    return value;
}

template <class T>
Json json_of(const std::optional<T>& value) {
    return value ? Json(*value) : Json();
}

template <class T>
void set(T& value, const Json& json) {
    value = json.get<T>();
}

template <class T>
void set(std::optional<T>& value, const Json& json) {
    if (json.is_null())
        value.reset();
    else
        value = json.get<T>();
}

template <class T>
void set(std::vector<T>& values, const Json& json) {
    values = json.is_array() ? json.get<std::vector<T>>() : std::vector<T>{json.get<T>()};
}

const Json* field(const Json& record, std::string name) {
    if (record.contains(name)) return &record.at(name);
    std::replace(name.begin(), name.end(), '-', '_');
    return record.contains(name) ? &record.at(name) : nullptr;
}

} // namespace

Json record(const Flags& flags) {
    Json out = Json::object(), files = Json::object();
    for (const Flag& flag : flags.all) {
        if (flag.weight == Flag::Weight::quiet || flag.name == "run") continue;
        const Json value = std::visit([](const auto* at) { return json_of(*at); }, flag.value);
        if (value.is_null()) continue;
        if (flag.weight == Flag::Weight::decides)
            out[flag.name] = value;
        else if (value != "")
            files[flag.name] = value;
    }
    if (!files.empty()) out["files"] = files;
    return out;
}

void read_record(const Flags& flags, const Json& record) {
    const Json none = Json::object();
    const Json& files = record.contains("files") ? record.at("files") : none;
    for (const Flag& flag : flags.all) {
        const Json* found = field(files, flag.name);
        if (found == nullptr) found = field(record, flag.name);
        if (found != nullptr) std::visit([&](auto* value) { set(*value, *found); }, flag.value);
    }
}

} // namespace qstar
