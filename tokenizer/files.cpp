#include "tokenizer/files.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "tokenizer/bytes.h"

#include <iterator>
#include <nlohmann/json.hpp>

namespace qstar::tokenizer {

namespace {

// One entry of vocab.json, and where it stands.
struct Entry {
    std::string text;
    int64_t id;
    size_t line;
};

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
    std::vector<Entry> entries;
    bool inside = false, expects_id = false;

    VocabularyReader(const std::string& file_, const size_t& line_) : file(file_), line(line_) {}

    bool wrong(const char* found) {
        if (expects_id) // the parser may have looked ahead into the next line
            fail("{}:{}: the id of token '{}' should be a whole number, found {}", file,
                 entries.back().line, entries.back().text, found);
        fail("{}:{}: expected a JSON object from tokens to ids, found {}", file, line, found);
    }
    bool id(int64_t value) {
        if (!expects_id) return wrong("a number");
        entries.back().id = value;
        expects_id = false;
        return true;
    }
    bool null() override { return wrong("null"); }
    bool boolean(bool) override { return wrong("a boolean"); }
    bool number_integer(int64_t value) override { return id(value); }
    bool number_unsigned(uint64_t value) override {
        if (value > INT32_MAX) return wrong("one too large");
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

// The entries in the order of their ids, which are 0 to N - 1, all texts different.
std::vector<Entry> read_vocabulary(const std::string& file) {
    const std::string text = read_file(file);
    size_t line = 1;
    VocabularyReader reader(file, line);
    nlohmann::json::sax_parse(LineCounter{text.data(), &line},
                              LineCounter{text.data() + text.size(), &line}, &reader);

    const size_t n = reader.entries.size();
    std::vector<const Entry*> by_id(n, nullptr);
    std::unordered_map<std::string_view, size_t> lines;
    for (const Entry& entry : reader.entries) {
        const auto [first, fresh] = lines.emplace(entry.text, entry.line);
        if (!fresh)
            fail("{}:{}: token '{}' stands on line {} already", file, entry.line, entry.text,
                 first->second);
        if (entry.id < 0 || entry.id >= static_cast<int64_t>(n))
            fail("{}:{}: token '{}' has id {}, but {} tokens have the ids 0 to {} without a hole",
                 file, entry.line, entry.text, entry.id, n, n - 1);
        const Entry*& place = by_id[static_cast<size_t>(entry.id)];
        if (place)
            fail("{}:{}: tokens '{}' and '{}' have the same id {}", file, entry.line, place->text,
                 entry.text, entry.id);
        place = &entry;
    }
    std::vector<Entry> sorted;
    for (const Entry* entry : by_id) sorted.push_back(*entry);
    return sorted;
}

using Ids = std::unordered_map<std::string_view, int>;

int known_token(const Ids& ids, std::string_view text, const std::string& where) {
    const auto found = ids.find(text);
    if (found == ids.end()) fail("{}: token '{}' is not in vocab.json", where, text);
    return found->second;
}

std::vector<Merge> read_merges(const std::string& file, const Ids& ids) {
    const std::string text = read_file(file);
    std::vector<Merge> merges;
    std::unordered_map<std::string_view, size_t> lines;
    size_t number = 0;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        std::string_view line = std::string_view(text).substr(begin, end - begin);
        begin = end + 1;
        if (line.ends_with('\r')) line.remove_suffix(1);
        const std::string where = fmt::format("{}:{}", file, ++number);
        if (number == 1) {
            if (!line.starts_with("#version:"))
                fail("{}: expected the line '#version: 0.2', found '{}'", where,
                     line.substr(0, 40));
            continue;
        }
        const size_t space = line.find(' ');
        if (space == line.npos || space == 0 || space + 1 == line.size() ||
            line.find(' ', space + 1) != line.npos)
            fail("{}: expected two tokens with one space between them, found '{}'", where,
                 line.substr(0, 40));
        const auto [first, fresh] = lines.emplace(line, number);
        if (!fresh) fail("{}: merge '{}' stands on line {} already", where, line, first->second);
        const std::string_view left = line.substr(0, space), right = line.substr(space + 1);
        const std::string product = std::string(left) + std::string(right);
        merges.push_back({known_token(ids, left, where), known_token(ids, right, where),
                          known_token(ids, product, where)});
    }
    if (number == 0) fail("{}: expected the line '#version: 0.2', found nothing", file);
    return merges;
}

} // namespace

Tokenizer load_tokenizer(const std::string& dir) {
    const std::string file = join_path(dir, "vocab.json");
    const std::vector<Entry> entries = read_vocabulary(file);
    Ids ids;
    for (const Entry& entry : entries) ids.emplace(entry.text, static_cast<int>(entry.id));
    std::vector<Merge> merges = read_merges(join_path(dir, "merges.txt"), ids);

    std::vector<bool> made(entries.size(), false);
    for (const Merge& merge : merges) made[static_cast<size_t>(merge.product)] = true;

    std::vector<std::string> tokens;
    std::vector<int> specials;
    for (const Entry& entry : entries) {
        const std::optional<std::string> bytes = from_printable(entry.text);
        const std::string& text = entry.text;
        const bool ordinary = bytes && (bytes->size() == 1 || made[tokens.size()]);
        if (!ordinary) {
            if (text.size() < 3 || text.front() != '<' || text.back() != '>')
                fail("{}:{}: token '{}' is neither a byte, nor made by a line of merges.txt, nor a "
                     "special token <...>",
                     file, entry.line, text);
            specials.push_back(static_cast<int>(entry.id));
        }
        tokens.push_back(ordinary ? *bytes : text);
    }
    try {
        return Tokenizer(std::move(tokens), std::move(merges), std::move(specials));
    } catch (const Error& error) {
        fail("{}: {}", file, error.what());
    }
}

void save_tokenizer(const Tokenizer& tokenizer, const std::string& dir) {
    make_folders(dir);
    std::string merges = "#version: 0.2\n";
    for (const Merge& merge : tokenizer.merges())
        merges += printable(tokenizer.token(merge.left)) + ' ' +
                  printable(tokenizer.token(merge.right)) + '\n';

    std::string vocabulary = "{";
    for (int id = 0; id < tokenizer.size(); ++id) {
        const std::string& bytes = tokenizer.token(id);
        const std::string text = tokenizer.is_special(id) ? bytes : printable(bytes);
        vocabulary +=
            fmt::format("{}\n  {}: {}", id > 0 ? "," : "", nlohmann::json(text).dump(), id);
    }
    vocabulary += "\n}\n";

    write_file_atomic(join_path(dir, "merges.txt"), merges);
    write_file_atomic(join_path(dir, "vocab.json"), vocabulary);
}

} // namespace qstar::tokenizer
