#include "engine/run/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <limits>

namespace qstar::engine {

namespace {

// Decimal digits, and no 0 before them: CLI11 would read 010 as eight.
bool is_whole(const std::string& text, int64_t low) {
    int64_t value = 0;
    const size_t first = text.starts_with('-') ? 1 : 0;
    if (text.size() > first + 1 && text[first] == '0') return false;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && at == end && value >= low;
}

bool is_real(const std::string& text) {
    if (text.empty() || text.find_first_not_of("+-.0123456789eE") != text.npos) return false;
    char* end = nullptr;
    return std::isfinite(std::strtod(text.c_str(), &end)) && *end == '\0';
}

// What is wrong with a value of a type as CLI11 names it; empty: nothing.
std::string refusal(const std::string& type, const std::string& text) {
    constexpr int64_t low = std::numeric_limits<int64_t>::min();
    constexpr int64_t high = std::numeric_limits<int64_t>::max();
    std::string wanted;
    if (type.starts_with("UINT")) {
        if (!is_whole(text, 0)) wanted = fmt::format("a whole number from 0 to {}", high);
    } else if (type.starts_with("INT")) {
        if (!is_whole(text, low)) wanted = fmt::format("a whole number from {} to {}", low, high);
    } else if (type.starts_with("FLOAT")) {
        if (!is_real(text)) wanted = "a finite number";
    } else if (type.starts_with("BOOLEAN")) {
        constexpr std::array known = {"true", "false", "on", "off", "yes", "no", "1", "0"};
        if (std::find(known.begin(), known.end(), text) == known.end()) wanted = "true or false";
    }
    return wanted.empty() ? "" : fmt::format("expected {}, found \"{}\"", wanted, text);
}

// The flag of a command, or of one around it.
const CLI::Option* find_flag(const CLI::App* command, const std::string& name) {
    for (; command != nullptr; command = command->get_parent())
        if (const CLI::Option* flag = command->get_option_no_throw(name)) return flag;
    return nullptr;
}

bool is_text_with_minus(const std::string& word) {
    if (word.size() < 2 || word[0] != '-' || word[1] == '-') return false;
    const bool letter = std::isalpha(static_cast<unsigned char>(word[1])) != 0;
    return !letter || word.find_first_of("=+*/( ") != word.npos;
}

} // namespace

void read_strictly(CLI::App& app) {
    for (CLI::Option* option : app.get_options()) {
        const std::string type = option->get_type_name();
        option->check([type](const std::string& text) { return refusal(type, text); });
    }
    for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; }))
        read_strictly(*command);
}

std::vector<std::string> words_of(int argc, const char* const* argv, const CLI::App& app) {
    std::vector<std::string> words, texts;
    const CLI::App* command = &app;
    int i = 1;
    for (; i < argc && std::string(argv[i]) != "--"; ++i) {
        const std::string word = argv[i];
        const auto inner =
            command->get_subcommands([&](const CLI::App* a) { return a->get_name() == word; });
        if (!inner.empty()) command = inner[0];
        if (!is_text_with_minus(word)) {
            words.push_back(word);
            continue;
        }
        const CLI::Option* flag = words.empty() || !words.back().starts_with("--")
                                      ? nullptr
                                      : find_flag(command, words.back());
        if (flag != nullptr && flag->get_items_expected_min() > 0)
            words.back() += "=" + word;
        else
            texts.push_back(word);
    }
    if (!texts.empty() || i < argc) words.emplace_back("--");
    words.insert(words.end(), texts.begin(), texts.end());
    for (++i; i < argc; ++i) words.emplace_back(argv[i]);
    std::reverse(words.begin(), words.end());
    return words;
}

std::string sentence_of(const CLI::ParseError& error, const CLI::App& app) {
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
        // A command that does not exist is found out only as the lack of one that does.
        const std::vector<std::string> rest = app.remaining(true);
        if (!rest.empty()) return fmt::format("unknown command \"{}\"", rest[0]);
    }
    const std::string text = error.what();
    const std::string unread = "Could not convert: "; // "--width = 99999999999"
    if (dynamic_cast<const CLI::ConversionError*>(&error) == nullptr || !text.starts_with(unread))
        return text;
    // All is checked already (read_strictly), but for what fits 64 bits and not the flag's 32.
    const size_t equals = text.find(" = ");
    return fmt::format("{}: expected a whole number from {} to {}, found \"{}\"",
                       text.substr(unread.size(), equals - unread.size()),
                       std::numeric_limits<int>::min(), std::numeric_limits<int>::max(),
                       text.substr(equals + 3));
}

} // namespace qstar::engine
