#include "engine/run/flags.h"

#include "engine/base/error.h"
#include "engine/text/joined.h"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace qstar {

Flag& Flag::or_empty() {
    maybe_empty = true;
    return *this;
}

Flag& Flag::quiet() { return only_if(false); }

Flag& Flag::only_if(bool decides) {
    weight = decides ? Weight::decides : Weight::quiet;
    return *this;
}

Flag& Flag::content() {
    weight = Weight::content;
    return file();
}

Flag& Flag::offers(std::vector<std::string> likely) {
    words = std::move(likely);
    return *this;
}

Flag& Flag::file() {
    names = Names::file;
    return *this;
}

Flag& Flag::output() {
    written = true;
    return file();
}

Flag& Flag::folder() {
    names = Names::folder;
    return *this;
}

Flag& Flag::required() {
    needed = true;
    return *this;
}

Flag& Flag::or_name(std::string other) {
    also = std::move(other);
    return *this;
}

Flag& Flag::or_environment(std::string variable) {
    environment = std::move(variable);
    return *this;
}

Flag& Flag::in_group(std::string title) {
    group = std::move(title);
    return *this;
}

namespace {

Flag& added(Flags& flags, std::string_view name, Place place, std::string_view help,
            Flag::Form form) {
    Flag flag;
    flag.name = name;
    flag.value = place.value;
    flag.help = help;
    flag.form = form;
    return flags.all.emplace_back(std::move(flag));
}

Flag& within(Flag& flag, double low, double high, bool above = false) {
    flag.low = low;
    flag.high = high;
    flag.above = above;
    return flag;
}

} // namespace

Flag& Flags::number(std::string_view name, Place place, double low, double high,
                    std::string_view help) {
    return within(added(*this, name, place, help, Flag::Form::value), low, high);
}

Flag& Flags::number_above(std::string_view name, Place place, double low, double high,
                          std::string_view help) {
    return within(added(*this, name, place, help, Flag::Form::value), low, high, true);
}

Flag& Flags::text(std::string_view name, std::string& place, std::string_view help) {
    return added(*this, name, place, help, Flag::Form::value);
}

Flag& Flags::choice(std::string_view name, std::string& place,
                    std::initializer_list<std::string_view> choices, std::string_view help) {
    Flag& flag = text(name, place, help);
    flag.choices = choices;
    return flag;
}

Flag& Flags::truth(std::string_view name, bool& place, std::string_view help) {
    return added(*this, name, place, help, Flag::Form::value);
}

Flag& Flags::mark(std::string_view name, bool& place, std::string_view help) {
    return added(*this, name, place, help, Flag::Form::mark);
}

Flag& Flags::list(std::string_view name, Place place, std::string_view help) {
    return added(*this, name, place, help, Flag::Form::joined);
}

Flag& Flags::list(std::string_view name, Place place, double low, double high,
                  std::string_view help) {
    return within(list(name, place, help), low, high);
}

Flag& Flags::repeated(std::string_view name, std::vector<std::string>& place,
                      std::string_view help) {
    return added(*this, name, place, help, Flag::Form::repeated);
}

Flag& Flags::argument(std::string_view name, Place place, std::string_view help) {
    return added(*this, name, place, help, Flag::Form::text).quiet();
}

Flag& Flags::seed(Place place) { return added(*this, "seed", place, "", Flag::Form::value); }

const Flag* Flags::find(std::string_view name) const {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Flag& flag) { return flag.name == name; });
    return found == all.end() ? nullptr : &*found;
}

Flag& Flags::operator[](std::string_view name) {
    const Flag* found = find(name);
    if (found == nullptr) fail("there is no flag --{}", name);
    return const_cast<Flag&>(*found);
}

namespace {

void check_one(const Flag& flag, int64_t value) {
    // A bound that is no int64_t is none.
    const auto bound = [](double number) {
        return number <= -kUnbounded  ? std::numeric_limits<int64_t>::min()
               : number >= kUnbounded ? std::numeric_limits<int64_t>::max()
                                      : static_cast<int64_t>(number);
    };
    check_whole(flag.name, value, bound(flag.low), bound(flag.high));
}

void check_one(const Flag& flag, int value) { check_one(flag, int64_t{value}); }

void check_one(const Flag& flag, double value) {
    if (flag.above)
        check_above(flag.name, value, flag.low, flag.high);
    else
        check_real(flag.name, value, flag.low, flag.high);
}

void check_one(const Flag& flag, float value) { check_one(flag, double{value}); }

void check_one(const Flag& flag, const std::string& value) {
    if (flag.choices.empty() || (value.empty() && flag.maybe_empty)) return;
    check_choice(flag.name, value, flag.choices);
}

void check_one(const Flag&, uint64_t) {}
void check_one(const Flag&, bool) {}

template <class T>
void check_one(const Flag& flag, const std::optional<T>& value) {
    if (value) check_one(flag, *value);
}

template <class T>
void check_one(const Flag& flag, const std::vector<T>& values) {
    for (const T& value : values) check_one(flag, value);
}

} // namespace

void check(const Flags& flags) {
    for (const Flag& flag : flags.all)
        std::visit([&](const auto* value) { check_one(flag, *value); }, flag.value);
}

namespace {

template <class T>
void add_texts(std::vector<std::string>& texts, const T& value) {
    texts.push_back(fmt::format("{}", value));
}

template <class T>
void add_texts(std::vector<std::string>& texts, const std::optional<T>& value) {
    if (value) add_texts(texts, *value);
}

template <class T>
void add_texts(std::vector<std::string>& texts, const std::vector<T>& values) {
    for (const T& value : values) add_texts(texts, value);
}

std::string shell_word(const std::string& text) {
    if (!text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
                                                "YZ0123456789_./:,=+-@%") == text.npos)
        return text;
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

// " --budgets 300,600"
std::string said(const Flag& flag, const std::vector<std::string>& texts) {
    const std::string name = flag.form == Flag::Form::text ? " " : " --" + flag.name;
    if (flag.form == Flag::Form::mark) return texts[0] == "true" ? name : "";
    if (flag.form == Flag::Form::joined) return name + " " + shell_word(joined(texts, ","));
    std::string out;
    for (const std::string& text : texts)
        out += name + (flag.form == Flag::Form::text ? "" : " ") + shell_word(text);
    return out;
}

} // namespace

std::vector<std::string> texts_of(const Flag& flag) {
    std::vector<std::string> texts;
    std::visit([&](const auto* value) { add_texts(texts, *value); }, flag.value);
    return texts;
}

std::string command_line(const std::string& words, const Flags& flags, const Flags& standard,
                         uint64_t run_seed) {
    std::string texts, run, others, seed;
    for (size_t i = 0; i < flags.all.size(); ++i) {
        const Flag& flag = flags.all[i];
        const std::vector<std::string> now = texts_of(flag);
        if (flag.name == "run")
            run = said(flag, now);
        else if (flag.name == "seed")
            seed = now.empty() || now[0] == std::to_string(run_seed) ? "" : said(flag, now);
        else if (now != texts_of(standard.all.at(i)))
            (flag.form == Flag::Form::text ? texts : others) += said(flag, now);
    }
    return "qstar " + words + texts + run + others + seed;
}

} // namespace qstar
