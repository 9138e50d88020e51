#pragma once
// JSON Lines: one JSON value a line, the form of corpora, labels and results.
//
// Keys keep the order in which they were written. Text that is not UTF-8 (a model
// may sample any bytes) is written with U+FFFD in the place of each bad byte. A byte order
// mark before a text is passed over.

#include "engine/text/bad_lines.h"
#include "engine/text/json.h"
#include "engine/text/json_parse.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace qstar {

// A value and the place it came from ("labels.jsonl:12"), for error messages.
struct JsonLine {
    Json value;
    std::string where;
};

// The lines of a file in order; blank lines are skipped. A text that is one array of objects,
// as some write them, is read as its elements. A line that is not one JSON value is an Error:
// "FILE:LINE: not JSON: REASON"; several of them are one (bad_lines.h).
std::vector<JsonLine> read_jsonl(const std::string& path);
std::vector<JsonLine> parse_jsonl(std::string_view text, const std::string& name);
// Gives every line to `read`; a line that is not JSON, or that `read` refuses, goes to `bad`.
void read_jsonl(const std::string& path, BadLines& bad,
                const std::function<void(const JsonLine&)>& read);

// `read` is called by several threads at once, with the number of the line among those of the file;
// `count` before it, with their number.
void read_jsonl_at_once(const std::string& path, const std::function<void(size_t)>& count,
                        const std::function<void(size_t, const JsonLine&)>& read);

// What `make` makes of each line, in order; it is called by several threads at once.
template <class Make>
auto items_of_jsonl(const std::string& path, Make make) {
    using Item = decltype(make(std::declval<const JsonLine&>()));
    static_assert(!std::is_same_v<Item, bool>, "a vector packs eight of them into a byte");
    std::vector<Item> items;
    read_jsonl_at_once(
        path, [&](size_t count) { items.resize(count); },
        [&](size_t i, const JsonLine& line) { items[i] = make(line); });
    return items;
}

// A whole file that is one JSON value.
JsonLine read_json(const std::string& path);

// A field of an object, of the type that the function names. A missing field or
// another type is an Error: "FILE:LINE: field "steps": expected an array, found a
// string". int_field takes whole numbers only (1.0 is one), number_field any number.
bool has_field(const JsonLine& line, std::string_view name); // present and not null
std::string string_field(const JsonLine& line, std::string_view name);
int64_t int_field(const JsonLine& line, std::string_view name);
double number_field(const JsonLine& line, std::string_view name);
bool bool_field(const JsonLine& line, std::string_view name);
// The elements, each with its own place: "FILE:LINE: steps[3]".
std::vector<JsonLine> array_field(const JsonLine& line, std::string_view name);
// An object inside the object, with its own place: "FILE:LINE: config".
JsonLine object_field(const JsonLine& line, std::string_view name);
std::vector<std::string> strings_field(const JsonLine& line, std::string_view name);

std::string json_text(const Json& value); // one line, without the line feed
std::string jsonl_text(std::span<const Json> lines);

// Replace a whole file atomically: one value a line, or one indented value.
void write_jsonl(const std::string& path, std::span<const Json> lines);
void write_json(const std::string& path, const Json& value);

} // namespace qstar
