#include "eval/lessons/text.h"

#include "engine/base/error.h"
#include "engine/text/utf8.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

namespace qstar::eval::lessons {

namespace {

// A model may write any bytes.
std::string marked(std::string_view value) { return kValueBegins + printable(value) + kValueEnds; }

std::string trimmed(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t\r");
    if (begin == text.npos) return "";
    return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

std::optional<double> plain_number(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return value;
}

bool is_there(const std::string& name, const Values& values) {
    const Value* const value = values.find(name);
    if (value == nullptr) return false;
    if (const auto* quantity = std::get_if<Quantity>(value)) return quantity->value != 0;
    if (const auto* text = std::get_if<std::string>(value)) return !text->empty();
    return true;
}

bool compared(const std::string& left, const std::string& sign, const std::string& right,
              const Values& values) {
    // Two of the run's numbers are compared as they are written: of what reads the same, no text
    // says that one is more.
    const bool both = !plain_number(left) && !plain_number(right);
    const auto number_of = [&](const std::string& word) -> std::optional<double> {
        if (const auto number = plain_number(word)) return number;
        const Value* const value = values.find(word);
        const auto* const quantity = value ? std::get_if<Quantity>(value) : nullptr;
        if (quantity == nullptr) return {};
        return both ? rounded(quantity->value, quantity->decimals) : quantity->value;
    };
    const auto a = number_of(left), b = number_of(right);
    if (a && b) {
        if (sign == "<") return *a < *b;
        if (sign == "<=") return *a <= *b;
        if (sign == ">") return *a > *b;
        if (sign == ">=") return *a >= *b;
        return sign == "=" ? *a == *b : *a != *b;
    }
    const Value* const word = values.find(right); // else the word itself
    const bool same = values.text(left) == (word ? values.text(right) : right);
    if (sign == "=") return same;
    if (sign == "!=") return !same;
    fail("a lesson's condition compares \"{}\" and \"{}\", which are no numbers", left, right);
}

// With {name} in the place of values.
std::string filled(const std::string& text, const Values& values) {
    std::string out;
    for (size_t at = 0; at < text.size();) {
        const size_t open = text.find('{', at);
        const size_t close = open == text.npos ? text.npos : text.find('}', open);
        if (close == text.npos) return out + text.substr(at);
        out += text.substr(at, open - at) +
               marked(values.text(text.substr(open + 1, close - open - 1)));
        at = close + 1;
    }
    return out;
}

} // namespace

bool holds(const std::string& condition, const Values& values) {
    std::istringstream in(condition);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    for (size_t i = 0; i < words.size();) {
        bool so = false;
        if (words[i] == "no" && i + 1 < words.size()) {
            so = !is_there(words[i + 1], values);
            i += 2;
        } else if (i + 2 < words.size() && words[i + 1] != "and") {
            so = compared(words[i], words[i + 1], words[i + 2], values);
            i += 3;
        } else {
            so = is_there(words[i], values);
            ++i;
        }
        if (!so) return false;
        if (i < words.size() && words[i++] != "and")
            fail("a lesson's condition \"{}\": expected \"and\"", condition);
    }
    return true;
}

std::vector<Block> read_blocks(std::string_view text, const std::string& where) {
    std::vector<Block> blocks;
    std::istringstream in{std::string(text)};
    bool open = false, code = false; // a paragraph or item goes on; lines as they stand
    for (std::string line; std::getline(in, line);) {
        if (trimmed(line) == "```") {
            if (!code) blocks.push_back({Block::Kind::code, "", ""});
            code = !code;
            open = false;
            continue;
        }
        if (code) {
            blocks.back().text += line + "\n";
            continue;
        }
        std::string words = trimmed(line);
        if (words.empty()) {
            open = false;
            continue;
        }
        std::string condition;
        if (words.starts_with("?(")) {
            const size_t end = words.find(')');
            if (end == words.npos) fail("{}: expected a ) after \"{}\"", where, words);
            condition = trimmed(std::string_view(words).substr(2, end - 2));
            words = trimmed(std::string_view(words).substr(end + 1));
            open = false;
        }
        if (words.starts_with("- ")) {
            blocks.push_back({Block::Kind::item, trimmed(words.substr(2)), condition});
            open = true;
        } else if (words.starts_with('{') && words.find('}') == words.size() - 1) {
            blocks.push_back({Block::Kind::value, words.substr(1, words.size() - 2), condition});
            open = false;
        } else if (open) {
            if (!blocks.back().condition.empty())
                fail("{}: expected a blank line or another condition after the line with a "
                     "condition, found \"{}\"",
                     where, words);
            blocks.back().text += " " + words;
        } else {
            blocks.push_back({Block::Kind::paragraph, words, condition});
            open = true;
        }
    }
    if (code) fail("{}: expected ``` at the end of the lines that stand as they are", where);
    return blocks;
}

std::vector<Shown> fill(const std::vector<Block>& blocks, const Values& values) {
    std::vector<Shown> shown;
    bool any = false; // of the conditions one after another
    for (const Block& block : blocks) {
        if (block.condition.empty()) {
            any = false;
        } else {
            const bool so = block.condition == "else" ? !any : holds(block.condition, values);
            any = block.condition == "else" ? false : any || so;
            if (!so) continue;
        }
        if (block.kind != Block::Kind::value) {
            shown.push_back(Markup{block.kind, filled(block.text, values)});
            continue;
        }
        const Value& value = values.at(block.text);
        if (const auto* grid = std::get_if<Grid>(&value))
            shown.push_back(*grid);
        else if (const auto* plot = std::get_if<Plot>(&value))
            shown.push_back(*plot);
        else
            shown.push_back(Markup{Block::Kind::paragraph, marked(values.text(block.text))});
    }
    return shown;
}

Shown plain(std::string_view text) { return Markup{Block::Kind::paragraph, marked(text)}; }

} // namespace qstar::eval::lessons
