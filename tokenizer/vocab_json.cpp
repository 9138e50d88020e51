#include "tokenizer/vocab_json.h"

#include "engine/base/error.h"
#include "engine/text/json.h"
#include "engine/text/json_events.h"
#include "engine/text/text.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace qstar::tokenizer {

namespace {

// Listens to the events of one flat object from strings to integers; anything else
// stops at the place where it is seen.
struct VocabularyReader final : JsonEvents {
    const std::string& file;
    std::vector<VocabEntry> entries;
    bool inside = false, expects_id = false;

    explicit VocabularyReader(const std::string& of_file) : file(of_file) {}

    [[noreturn]] void wrong(const char* found) const {
        if (expects_id) // the parser may have looked ahead into the next line
            fail("{}:{}: the id of token '{}' should be a whole number, found {}", file,
                 entries.back().line, entries.back().text, found);
        fail("{}:{}: expected a JSON object from tokens to ids, found {}", file, line, found);
    }
    void value(Json value) override {
        if (value.is_null()) wrong("null");
        if (value.is_boolean()) wrong("a boolean");
        if (value.is_string()) wrong("a string");
        if (value.is_number_float()) wrong("a fraction");
        if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) wrong("one too large");
        if (!expects_id) wrong("a number");
        VocabEntry& entry = entries.back();
        const auto id = value.get<int64_t>();
        if (id < 0 || id >= kMostIds)
            fail("{}:{}: token '{}' has id {}, expected 0 to {}", file, entry.line, entry.text, id,
                 kMostIds - 1);
        entry.id = static_cast<int>(id);
        expects_id = false;
    }
    void open(Json container) override {
        if (container.is_array()) wrong("an array");
        if (inside) wrong("an object");
        inside = true;
    }
    void close() override {}
    void name(std::string text) override {
        entries.push_back({std::move(text), 0, line});
        expects_id = true;
    }
    void broken(size_t, const std::string& token, bool) override {
        fail("{}:{}: broken JSON near '{}'", file, line,
             token.substr(0, std::min<size_t>(token.size(), 20)));
    }
};

} // namespace

std::vector<VocabEntry> read_vocab_json(const std::string& file) {
    const std::string text = read_text_file(file);
    if (text.find_first_not_of(" \t\r\n") == text.npos)
        fail("{}: expected one JSON object from token to id, found an empty file", file);
    VocabularyReader reader(file);
    read_events(text, reader);
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
