#include "engine/run/command_list.h"

#include "engine/text/joined.h"

#include <algorithm>
#include <fmt/core.h>
#include <optional>
#include <type_traits>
#include <variant>

namespace qstar {

namespace {

ListedFlag listed(const Flag& flag) {
    std::string standard;
    if (flag.form != Flag::Form::mark) standard = joined(texts_of(flag), ",");
    return {flag, standard};
}

std::vector<ListedFlag> listed(const Flags& flags) {
    std::vector<ListedFlag> all;
    for (const Flag& flag : flags.all) all.push_back(listed(flag));
    return all;
}

// The flags of every value of the decider; those that all of them have are nobody's.
std::vector<ListedFlag> of_all_values(const Command& command) {
    const Flag* const decider = command.flags.find(command.decider);
    if (!command.flags_for || decider == nullptr) return listed(command.flags);
    const std::vector<std::string> now = texts_of(*decider), values = offered_words(*decider);
    std::vector<ListedFlag> all = listed(command.flags);
    for (ListedFlag& one : all) one.only.clear();
    for (const std::string& value : values) {
        for (ListedFlag& one : listed(command.flags_for(value))) {
            const auto same = std::find_if(all.begin(), all.end(), [&](const ListedFlag& other) {
                return other.flag.name == one.flag.name && other.flag.help == one.flag.help;
            });
            if (same == all.end()) {
                one.only = {value};
                all.push_back(one);
            } else {
                same->only.push_back(value);
            }
        }
    }
    for (ListedFlag& one : all)
        if (one.only.size() == values.size()) one.only.clear();
    if (!now.empty()) command.flags_for(now[0]); // as it was
    return all;
}

void append(std::vector<ListedCommand>& all, const Command& command, const std::string& words,
            bool is_program) {
    ListedCommand one{words,
                      command.help,
                      command.note,
                      of_all_values(command),
                      {},
                      {},
                      command.flags_for ? command.decider : ""};
    if (!is_program)
        std::erase_if(one.flags, [](const ListedFlag& f) { return f.flag.name == "seed"; });
    for (const Command& inner : command.commands) {
        one.inner.push_back(inner.name);
        one.inner_help.push_back(inner.help);
    }
    all.push_back(std::move(one));
    for (const Command& inner : command.commands)
        append(all, inner, words.empty() ? inner.name : words + " " + inner.name, false);
}

template <class T>
struct ElementOf {
    using type = T;
};
template <class T>
struct ElementOf<std::optional<T>> {
    using type = T;
};
template <class T>
struct ElementOf<std::vector<T>> {
    using type = T;
};

enum class Kind { truth, whole, real, text };

Kind kind_of(const Flag& flag) {
    return std::visit(
        [](const auto* value) {
            using T = typename ElementOf<std::remove_cvref_t<decltype(*value)>>::type;
            if (std::is_same_v<T, bool>) return Kind::truth;
            if (std::is_same_v<T, std::string>) return Kind::text;
            return std::is_integral_v<T> ? Kind::whole : Kind::real;
        },
        flag.value);
}

} // namespace

std::vector<ListedCommand> list_commands(const Command& program) {
    std::vector<ListedCommand> all;
    append(all, program, "", true);
    return all;
}

std::vector<std::string> offered_words(const Flag& flag) {
    if (flag.form == Flag::Form::mark) return {};
    if (!flag.choices.empty()) return {flag.choices.begin(), flag.choices.end()};
    if (flag.words.empty() && kind_of(flag) == Kind::truth) return {"true", "false"};
    return flag.words;
}

std::string value_name(const Flag& flag) {
    if (flag.form == Flag::Form::mark) return "";
    const Kind kind = kind_of(flag);
    std::string name = kind == Kind::truth   ? "true|false"
                       : kind == Kind::whole ? "N"
                       : kind == Kind::real  ? "NUMBER"
                                             : "TEXT";
    // Every command calls its run's folder so (as command_line() takes it for granted).
    if (flag.names == Flag::Names::folder || flag.name == "run") name = "FOLDER";
    if (flag.names == Flag::Names::file) name = "FILE";
    if (name == "TEXT" && !flag.choices.empty()) name = "WORD";
    return flag.form == Flag::Form::joined ? name + ",..." : name;
}

std::string limits_text(const Flag& flag) {
    const bool low = flag.low > -kUnbounded, high = flag.high < static_cast<double>(kMost);
    const std::string least = flag.above ? fmt::format("above {}", flag.low) : "";
    if (!low && !high) return "";
    if (!low) return fmt::format("at most {}", flag.high);
    if (!high) return flag.above ? least : fmt::format("{} or more", flag.low);
    return flag.above ? fmt::format("{}, at most {}", least, flag.high)
                      : fmt::format("{} to {}", flag.low, flag.high);
}

} // namespace qstar
