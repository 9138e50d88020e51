#include "tokenizer/vocab_json.h"

#include "engine/base/error.h"
#include "engine/text/text.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_map>

namespace qstar::tokenizer {

namespace {

// Walks through a text and counts its lines: nlohmann's parser reports no lines
// to whoever listens to its events.
struct LineCounter {
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    const char* at;
    size_t* line;

    reference operator*() const { return *at; }
    LineCounter& operator++() {
        if (*at++ == '\n') ++*line;
        return *this;
    }
    LineCounter operator++(int) {
        LineCounter old = *this;
        ++*this;
        return old;
    }
    bool operator==(const LineCounter& other) const { return at == other.at; }
    bool operator!=(const LineCounter& other) const { return at != other.at; }
};

// Listens to the events of one flat object from strings to integers; anything else
// stops at the place where it is seen.
struct VocabularyReader : nlohmann::json_sax<nlohmann::json> {
    const std::string& file;
    const size_t& line;
    std::vector<VocabEntry> entries;
    bool inside = false, expects_id = false;

    VocabularyReader(const std::string& of_file, const size_t& at_line)
        : file(of_file), line(at_line) {}

    bool wrong(const char* found) {
        if (expects_id) // the parser may have looked ahead into the next line
            fail("{}:{}: the id of token '{}' should be a whole number, found {}", file,
                 entries.back().line, entries.back().text, found);
        fail("{}:{}: expected a JSON object from tokens to ids, found {}", file, line, found);
    }
    bool id(int64_t value) {
        if (!expects_id) return wrong("a number");
        const VocabEntry& entry = entries.back();
        if (value < 0 || value >= kMostIds)
            fail("{}:{}: token '{}' has id {}, expected 0 to {}", file, entry.line, entry.text,
                 value, kMostIds - 1);
        entries.back().id = static_cast<int>(value);
        expects_id = false;
        return true;
    }
    bool null() override { return wrong("null"); }
    bool boolean(bool) override { return wrong("a boolean"); }
    bool number_integer(int64_t value) override { return id(value); }
    bool number_unsigned(uint64_t value) override {
        if (value > INT64_MAX) return wrong("one too large");
        return id(static_cast<int64_t>(value));
    }
    bool number_float(double, const std::string&) override { return wrong("a fraction"); }
    bool string(std::string&) override { return wrong("a string"); }
    bool binary(binary_t&) override { return wrong("binary data"); }
    bool start_array(size_t) override { return wrong("an array"); }
    bool end_array() override { return true; }
    bool start_object(size_t) override {
        if (inside) return wrong("an object");
        return inside = true;
    }
    bool end_object() override { return true; }
    bool key(std::string& text) override {
        entries.push_back({text, 0, line});
        return expects_id = true;
    }
    bool parse_error(size_t, const std::string& token, const nlohmann::json::exception&) override {
        fail("{}:{}: broken JSON near '{}'", file, line,
             token.substr(0, std::min<size_t>(token.size(), 20)));
    }
};

} // namespace

std::vector<VocabEntry> read_vocab_json(const std::string& file) {
    const std::string text = read_text_file(file);
    if (text.find_first_not_of(" \t\r\n") == text.npos)
        fail("{}: expected one JSON object from token to id, found an empty file", file);
    size_t line = 1;
    VocabularyReader reader(file, line);
    nlohmann::json::sax_parse(LineCounter{text.data(), &line},
                              LineCounter{text.data() + text.size(), &line}, &reader);

    std::vector<VocabEntry> entries = std::move(reader.entries);
    std::unordered_map<std::string_view, size_t> lines;
    for (const VocabEntry& entry : entries) {
        const auto [first, fresh] = lines.emplace(entry.text, entry.line);
        if (!fresh)
            fail("{}:{}: token '{}' stands on line {} already", file, entry.line, entry.text,
                 first->second);
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const VocabEntry& a, const VocabEntry& b) { return a.id < b.id; });
    for (size_t i = 1; i < entries.size(); ++i)
        if (const VocabEntry& one = entries[i - 1], &other = entries[i]; one.id == other.id)
            fail("{}:{}: tokens '{}' and '{}' have the same id {}", file, other.line, one.text,
                 other.text, other.id);
    return entries;
}

} // namespace qstar::tokenizer
