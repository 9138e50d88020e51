#include "engine/text/json_parse.h"

#include "engine/base/error.h"
#include "engine/text/json_events.h"
#include "engine/text/text.h"
#include "engine/text/utf8.h"

#include <algorithm>
#include <fmt/core.h>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace qstar {
namespace {

constexpr size_t kMostDepth = 100;

// A text, and how errors name a byte of it.
struct Source {
    std::string_view text;
    std::string name;
    int64_t line; // that the text begins at; 0: name alone

    std::string place(size_t at) const {
        if (line == 0) return name;
        return fmt::format("{}:{}", name, line + std::count(text.begin(), text.begin() + at, '\n'));
    }
    [[noreturn]] void wrong(size_t at, const std::string& sentence) const {
        const size_t begin = text.substr(0, at).rfind('\n') + 1; // npos + 1 is 0
        fail("{}: not JSON: column {}: {}", place(at), at - begin + 1, sentence);
    }
};

// The token that is wrong: the one that holds the byte `at`, or one before it that is no string,
// number or word of JSON's.
struct Token {
    size_t begin = 0, end = 0;
    bool broken = false;
    char before = ' '; // the first character of the token before
};

Token token_at(std::string_view text, size_t at) {
    constexpr std::string_view kBlanks = " \t\r\n", kMarks = "{}[],:";
    Token token;
    for (size_t i = 0; i < text.size() && i <= at;) {
        if (kBlanks.find(text[i]) != std::string_view::npos) {
            ++i;
            continue;
        }
        if (token.end > token.begin) token.before = text[token.begin];
        token.begin = i;
        if (text[i] == '"') {
            for (++i; i < text.size() && text[i] != '"';) i += text[i] == '\\' ? 2 : 1;
            i = std::min(i + 1, text.size());
        } else if (kMarks.find(text[i]) == std::string_view::npos) {
            i = std::min(text.find_first_of(" \t\r\n{}[],:\"", i), text.size());
        } else {
            ++i;
        }
        token.end = i;
        const std::string_view found = text.substr(token.begin, i - token.begin);
        token.broken = kMarks.find(found[0]) == std::string_view::npos && !is_json(found);
        if (token.broken) break;
    }
    return token;
}

// Builds the value from the events.
class Builder final : public JsonEvents {
  public:
    explicit Builder(const Source& source) : source_(source) {}
    Json root;

    void value(Json value) override {
        if (open_.empty()) {
            root = std::move(value);
            last_ = &root;
        } else if (open_.back()->is_array()) {
            open_.back()->push_back(std::move(value));
            last_ = &open_.back()->back();
        } else {
            *slot_ = std::move(value);
            last_ = std::exchange(slot_, nullptr);
        }
    }
    void open(Json container) override {
        if (open_.size() == kMostDepth)
            fail("{}: nested more than {} deep", source_.place(0), kMostDepth);
        value(std::move(container));
        open_.push_back(last_);
    }
    void close() override {
        names_.erase(open_.back());
        open_.pop_back();
    }
    void name(std::string text) override {
        Json& object = *open_.back();
        if (known(object, text))
            fail("{}: the field \"{}\" stands twice in an object", source_.place(0), text);
        slot_ = &object.append(std::move(text));
    }
    void broken(size_t position, const std::string&, bool too_large) override {
        // `position` counts what was read, the byte that is wrong included.
        const std::string_view text = source_.text;
        const size_t at = std::min(position - (position > 0), text.size());
        const Token token = token_at(text, at);
        const std::string_view shown =
            text.substr(token.begin, std::min<size_t>(token.end - token.begin, 20));
        if (too_large) source_.wrong(token.begin, fmt::format("the number {} is too large", shown));
        if (token.broken && shown.starts_with('"')) string_error(at, token);
        const bool ended = at == text.size();
        source_.wrong(ended ? at : token.begin,
                      fmt::format("expected {}, found {}",
                                  expected(!ended         ? token.before
                                           : text.empty() ? ' '
                                                          : text[token.begin]),
                                  ended ? "the end" : fmt::format("\"{}\"", shown)));
    }

  private:
    // Whether an object has the name. Of one with many names a set of them is kept: a vocabulary
    // has a hundred thousand.
    bool known(const Json& object, const std::string& name) {
        constexpr size_t kMany = 64;
        if (object.size() < kMany) return object.contains(name);
        std::unordered_set<std::string>& names = names_[&object];
        if (names.empty())
            for (const auto& [each, value] : object.items()) names.insert(each);
        return !names.insert(name).second;
    }

    [[noreturn]] void string_error(size_t at, const Token& token) const {
        if (at == source_.text.size()) source_.wrong(token.begin, "found a string without an end");
        const auto byte = static_cast<uint8_t>(source_.text[at]);
        if (byte < 0x20)
            source_.wrong(at, fmt::format("expected \\u{:04x} in a string, found that control "
                                          "character as it is",
                                          byte));
        source_.wrong(at, "found a backslash in a string that begins no escape of JSON's");
    }
    // What may follow the token that begins with `before`.
    std::string expected(char before) const {
        if (open_.empty()) return last_ ? "nothing after the value" : "a value";
        if (slot_) return before == ':' ? "a value" : "\":\" and a value";
        const bool object = open_.back()->is_object();
        const char* const item = object ? "a name in quotes" : "a value";
        const char* const end = object ? "\"}\"" : "\"]\"";
        if (before == ',') return item;
        if (open_.back()->empty()) return fmt::format("{} or {}", item, end);
        return fmt::format("\",\" or {}", end);
    }

    const Source& source_;
    std::vector<Json*> open_; // objects and arrays around the next value
    Json* slot_ = nullptr;    // of the name that was read last
    Json* last_ = nullptr;
    std::unordered_map<const Json*, std::unordered_set<std::string>> names_; // of open objects
};

Json parse(const Source& source) {
    const size_t end = utf8_end(source.text);
    if (end < source.text.size()) source.wrong(end, "found a byte that is not UTF-8");
    if (const size_t zero = source.text.find('\0'); zero != std::string_view::npos)
        source.wrong(zero, "found a byte of zero"); // the library would end there
    Builder builder(source);
    read_events(source.text, builder);
    return std::move(builder.root);
}

} // namespace

Json parse_json(std::string_view text, const std::string& where) {
    return parse({without_byte_order_mark(text), where, 0});
}

Json parse_json(std::string_view text, const std::string& file, int64_t line) {
    return parse({without_byte_order_mark(text), file, line});
}

} // namespace qstar
