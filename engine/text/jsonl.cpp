#include "engine/text/jsonl.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/io/files.h"
#include "engine/io/input.h"
#include "engine/text/text.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <optional>
#include <utility>

namespace qstar {
namespace {

// A value of a text, before it is parsed.
struct Piece {
    std::string_view text;
    int64_t line;
};

// The elements of a text "[{...}, ...]"; none of another text. What is wrong within an element
// shows when it is parsed.
std::optional<std::vector<Piece>> array_of_objects(std::string_view text, const std::string& name) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const size_t bracket = text.find_first_not_of(kBlanks);
    if (bracket == std::string_view::npos || text[bracket] != '[') return {};
    const size_t brace = text.find_first_not_of(kBlanks, bracket + 1);
    if (brace == std::string_view::npos || text[brace] != '{') return {};

    std::vector<Piece> pieces;
    constexpr size_t kNone = std::string_view::npos;
    size_t begin = kNone; // of the element
    size_t end = brace;
    int64_t line = 1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(brace), '\n');
    int64_t depth = 0, first_line = line;
    bool in_string = false, ended = false;
    for (size_t at = brace; at < text.size(); ++at) {
        const char c = text[at];
        line += c == '\n';
        if (kBlanks.find(c) != std::string_view::npos) continue;
        if (ended) fail("{}:{}: not JSON: expected nothing after the array", name, line);
        if (begin == kNone) first_line = line;
        if (depth == 0 && !in_string && (c == ',' || c == ']')) {
            const bool empty = begin == kNone;
            pieces.push_back(
                {text.substr(empty ? at : begin, empty ? 0 : end - begin), first_line});
            begin = kNone;
            ended = c == ']';
            continue;
        }
        if (begin == kNone) begin = at;
        if (in_string && c == '\\') {
            ++at;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string) {
            depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        }
        end = std::min(at + 1, text.size());
    }
    if (!ended) fail("{}:{}: not JSON: the array that begins the file has no end", name, line);
    return pieces;
}

std::vector<Piece> pieces_of(std::string_view text, const std::string& name) {
    text = without_byte_order_mark(text);
    if (auto elements = array_of_objects(text, name)) return *elements;
    std::vector<Piece> pieces;
    // A lone CR may stand between the words of a value; where there is no LF at all, as on old
    // systems, it ends the lines.
    const char line_end = text.find('\n') == text.npos ? '\r' : '\n';
    for (int64_t number = 1; !text.empty(); ++number) {
        const size_t end = text.find(line_end);
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.find_first_not_of(" \t\r") != std::string_view::npos)
            pieces.push_back({line, number});
    }
    return pieces;
}

// Parses `pieces` by several threads and gives each to `at_once`, with its number; then calls
// `in_order`, from the first to the last. The Error that either throws of a line is kept in `bad`.
void each_piece(std::span<const Piece> pieces, const std::string& name, BadLines& bad,
                const std::function<void(size_t, JsonLine)>& at_once,
                const std::function<void(size_t)>& in_order) {
    constexpr int64_t kGrain = 64; // lines of a thread
    std::vector<std::optional<std::string>> wrong(pieces.size());
    engine::parallel_for(std::ssize(pieces), kGrain, [&](int64_t begin, int64_t end) {
        for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
            try {
                const int64_t line = pieces[i].line;
                at_once(i,
                        {parse_json(pieces[i].text, name, line), fmt::format("{}:{}", name, line)});
            } catch (const Error& error) {
                wrong[i] = error.what();
            }
        }
    });
    for (size_t i = 0; i < pieces.size(); ++i) {
        if (wrong[i])
            bad.add(*wrong[i]);
        else
            bad.read([&] { in_order(i); });
    }
}

void each_line(std::string_view text, const std::string& name, BadLines& bad,
               const std::function<void(JsonLine)>& read) {
    constexpr size_t kBlock = 4096; // lines that are values at one time
    const std::vector<Piece> pieces = pieces_of(text, name);
    std::vector<JsonLine> lines(std::min(kBlock, pieces.size()));
    for (size_t begin = 0; begin < pieces.size(); begin += kBlock)
        each_piece(
            std::span(pieces).subspan(begin, std::min(kBlock, pieces.size() - begin)), name, bad,
            [&](size_t i, JsonLine line) { lines[i] = std::move(line); },
            [&](size_t i) { read(std::move(lines[i])); });
}

const char* type_text(const Json& value) {
    switch (value.type()) {
    case Json::Type::null:
        return "null";
    case Json::Type::object:
        return "an object";
    case Json::Type::array:
        return "an array";
    case Json::Type::string:
        return "a string";
    case Json::Type::boolean:
        return "true or false";
    case Json::Type::integer:
    case Json::Type::without_sign:
        return "a whole number";
    case Json::Type::number:
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

// 1.0 is a whole number, too: tables are often written with a point in all columns.
bool is_whole(const Json& value) {
    if (value.is_number_integer()) return true;
    if (!value.is_number_float()) return false;
    const double number = value.get<double>();
    return std::abs(number) <= 9007199254740992.0 && number == std::trunc(number); // 2^53
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
    BadLines bad;
    each_line(text, name, bad, [&](JsonLine line) { lines.push_back(std::move(line)); });
    bad.settle(name);
    return lines;
}

std::vector<JsonLine> read_jsonl(const std::string& path) {
    return parse_jsonl(read_text_file(path), input_name(path));
}

void read_jsonl(const std::string& path, BadLines& bad,
                const std::function<void(const JsonLine&)>& read) {
    each_line(read_text_file(path), input_name(path), bad, read);
}

void read_jsonl_at_once(const std::string& path, const std::function<void(size_t)>& count,
                        const std::function<void(size_t, const JsonLine&)>& read) {
    const std::string text = read_text_file(path), name = input_name(path);
    const std::vector<Piece> pieces = pieces_of(text, name);
    count(pieces.size());
    BadLines bad;
    each_piece(pieces, name, bad, read, [](size_t) {});
    bad.settle(name);
}

JsonLine read_json(const std::string& path) {
    return {parse_json(read_text_file(path), path, 1), path};
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
    const Json& value = field(line, name, "a whole number", is_whole);
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
    const Json& array = field(line, name, "an array", [](const Json& v) { return v.is_array(); });
    std::vector<std::string> strings;
    for (const Json& element : array) {
        if (!element.is_string())
            fail("{}: {}[{}]: expected a string, found {}", line.where, name, strings.size(),
                 type_text(element));
        strings.push_back(element.get<std::string>());
    }
    return strings;
}

std::string json_text(const Json& value) { return value.dump(); }

std::string jsonl_text(std::span<const Json> lines) {
    std::string text;
    for (const Json& line : lines) text += json_text(line) + "\n";
    return text;
}

void write_jsonl(const std::string& path, std::span<const Json> lines) {
    write_file_atomic(path, jsonl_text(lines));
}

void write_json(const std::string& path, const Json& value) {
    write_file_atomic(path, value.dump(2) + "\n");
}

} // namespace qstar
