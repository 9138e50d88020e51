#include "engine/text/json_parse.h"

#include "engine/base/error.h"
#include "engine/text/text.h"
#include "engine/text/utf8.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace qstar {
namespace {

constexpr size_t kMostDepth = 100;
constexpr int kOutOfRange = 406; // the library's number for a number that is too large

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
        token.broken =
            kMarks.find(found[0]) == std::string_view::npos && !nlohmann::json::accept(found);
        if (token.broken) break;
    }
    return token;
}

// Builds the value from the library's events.
class Builder : public nlohmann::json_sax<nlohmann::json> {
  public:
    explicit Builder(const Source& source) : source_(source) {}
    Json root;

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t&) override { return add(value); }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t&) override { return false; } // JSON text has none
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        Json& object = *open_.back();
        if (known(object, name))
            fail("{}: the field \"{}\" stands twice in an object", source_.place(0), name);
        slot_ = &object.append(std::move(name));
        return true;
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::json::exception& error) override {
        // `position` counts what was read, the byte that is wrong included.
        const std::string_view text = source_.text;
        const size_t at = std::min(position - (position > 0), text.size());
        const Token token = token_at(text, at);
        const std::string_view shown =
            text.substr(token.begin, std::min<size_t>(token.end - token.begin, 20));
        if (error.id == kOutOfRange)
            source_.wrong(token.begin, fmt::format("the number {} is too large", shown));
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
    bool add(Json value) {
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
        return true;
    }
    bool open(Json container) {
        if (open_.size() == kMostDepth)
            fail("{}: nested more than {} deep", source_.place(0), kMostDepth);
        add(std::move(container));
        open_.push_back(last_);
        return true;
    }
    bool close() {
        names_.erase(open_.back());
        open_.pop_back();
        return true;
    }
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
    nlohmann::json::sax_parse(source.text.begin(), source.text.end(), &builder);
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
