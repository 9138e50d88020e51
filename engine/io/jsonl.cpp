#include "engine/io/jsonl.h"

#include "engine/error.h"
#include "engine/io/files.h"

#include <algorithm>

namespace qstar {
namespace {

// "[json.exception.parse_error.101] parse error at line 1, column 5: syntax
// error ..." without the library's own name and place, on one line.
std::string parse_reason(const Json::parse_error& error) {
    std::string text = error.what();
    if (const size_t at = text.find("column "); at != std::string::npos) {
        text = text.substr(at);
    } else if (const size_t end = text.find("] "); end != std::string::npos) {
        text = text.substr(end + 2);
    }
    return text;
}

// Json::parse, but a line of a million brackets must not overflow the stack when
// the value is copied.
Json parse_shallow(std::string_view text, const std::string& where) {
    const auto watch = [&](int depth, Json::parse_event_t, Json&) {
        if (depth > 100) fail("{}: nested more than 100 deep", where);
        return true;
    };
    return Json::parse(text, watch);
}

Json parse_value(std::string_view text, const std::string& where) {
    try {
        return parse_shallow(text, where);
    } catch (const Json::parse_error& error) {
        fail("{}: not JSON: {}", where, parse_reason(error));
    }
}

const char* type_text(const Json& value) {
    switch (value.type()) {
    case Json::value_t::null:
        return "null";
    case Json::value_t::object:
        return "an object";
    case Json::value_t::array:
        return "an array";
    case Json::value_t::string:
        return "a string";
    case Json::value_t::boolean:
        return "true or false";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
        return "a whole number";
    case Json::value_t::number_float:
        return "a number with a fraction";
    default:
        return "something else";
    }
}

// The field, or nullptr where it is missing; Error if the line is not an object.
const Json* find(const JsonLine& line, std::string_view name) {
    if (!line.value.is_object()) {
        fail("{}: expected an object, found {}", line.where, type_text(line.value));
    }
    const auto at = line.value.find(std::string(name));
    return at == line.value.end() ? nullptr : &*at;
}

[[noreturn]] void wrong(const JsonLine& line, std::string_view name, const char* expected,
                        const char* found) {
    fail("{}: field \"{}\": expected {}, found {}", line.where, name, expected, found);
}

const Json& field(const JsonLine& line, std::string_view name, const char* expected,
                  bool (*is_expected)(const Json&)) {
    const Json* value = find(line, name);
    if (!value) wrong(line, name, expected, "nothing");
    if (!is_expected(*value)) wrong(line, name, expected, type_text(*value));
    return *value;
}

} // namespace

std::vector<JsonLine> parse_jsonl(std::string_view text, const std::string& name) {
    std::vector<JsonLine> lines;
    for (int64_t number = 1; !text.empty(); ++number) {
        const size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        std::string where = fmt::format("{}:{}", name, number);
        Json value = parse_value(line, where);
        lines.push_back({std::move(value), std::move(where)});
    }
    return lines;
}

std::vector<JsonLine> read_jsonl(const std::string& path) {
    return parse_jsonl(read_file(path), path);
}

JsonLine read_json(const std::string& path) {
    const std::string text = read_file(path);
    try {
        return {parse_shallow(text, path), path};
    } catch (const Json::parse_error& error) {
        const auto stop =
            text.begin() + static_cast<std::ptrdiff_t>(std::min(size_t{error.byte}, text.size()));
        const auto line = 1 + std::count(text.begin(), stop, '\n');
        fail("{}:{}: not JSON: {}", path, line, parse_reason(error));
    }
}

bool has_field(const JsonLine& line, std::string_view name) {
    const Json* value = find(line, name);
    return value && !value->is_null();
}

std::string string_field(const JsonLine& line, std::string_view name) {
    return field(line, name, "a string", [](const Json& v) { return v.is_string(); })
        .get<std::string>();
}

int64_t int_field(const JsonLine& line, std::string_view name) {
    const Json& value =
        field(line, name, "a whole number", [](const Json& v) { return v.is_number_integer(); });
    if (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{INT64_MAX}) {
        wrong(line, name, "a whole number below 2^63", "a larger one");
    }
    return value.get<int64_t>();
}

double number_field(const JsonLine& line, std::string_view name) {
    return field(line, name, "a number", [](const Json& v) { return v.is_number(); }).get<double>();
}

bool bool_field(const JsonLine& line, std::string_view name) {
    return field(line, name, "true or false", [](const Json& v) { return v.is_boolean(); })
        .get<bool>();
}

std::vector<JsonLine> array_field(const JsonLine& line, std::string_view name) {
    const Json& array = field(line, name, "an array", [](const Json& v) { return v.is_array(); });
    std::vector<JsonLine> elements;
    for (const Json& element : array) {
        elements.push_back({element, fmt::format("{}: {}[{}]", line.where, name, elements.size())});
    }
    return elements;
}

JsonLine object_field(const JsonLine& line, std::string_view name) {
    const Json& value = field(line, name, "an object", [](const Json& v) { return v.is_object(); });
    return {value, fmt::format("{}: {}", line.where, name)};
}

std::vector<std::string> strings_field(const JsonLine& line, std::string_view name) {
    std::vector<std::string> strings;
    for (const JsonLine& element : array_field(line, name)) {
        if (!element.value.is_string()) {
            fail("{}: expected a string, found {}", element.where, type_text(element.value));
        }
        strings.push_back(element.value.get<std::string>());
    }
    return strings;
}

std::string json_text(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void write_jsonl(const std::string& path, std::span<const Json> lines) {
    std::string text;
    for (const Json& line : lines) text += json_text(line) + "\n";
    write_file_atomic(path, text);
}

void write_json(const std::string& path, const Json& value) {
    write_file_atomic(path, value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

} // namespace qstar
