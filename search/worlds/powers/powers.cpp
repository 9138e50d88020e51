#include "search/worlds/powers/powers.h"

#include "engine/base/error.h"
#include "search/worlds/text/scanner.h"

#include <algorithm>
#include <fmt/core.h>

namespace qstar::search {

namespace {

// "37", and no 0 before it; nothing for other text.
std::optional<int64_t> plain_number(std::string_view text) {
    if (text.empty() || text.size() > 9 || (text.size() > 1 && text[0] == '0')) return {};
    int64_t value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return {};
        value = 10 * value + (c - '0');
    }
    return value;
}

// A model's line, which may be any bytes: its digit, and how far it is from it.
struct PowerLine {
    int64_t digit = 0, left = 0;
};

std::optional<PowerLine> power_line_of(std::string_view text) {
    if (text.size() == 1 && is_digit(text[0])) return PowerLine{text[0] - '0', 0};
    const std::optional<Power> power = read_power(text);
    if (!power) return {};
    return PowerLine{last_digit(*power), rewritings_left(*power)};
}

} // namespace

std::optional<Power> read_power(std::string_view line) {
    Power power;
    if (line.size() > 1 && line[1] == '*') {
        if (!is_digit(line[0])) return {};
        power.factor = line[0] - '0';
        line.remove_prefix(2);
    }
    const size_t hat = line.find('^');
    if (hat == std::string_view::npos) return {};
    const std::optional<int64_t> base = plain_number(line.substr(0, hat));
    const std::optional<int64_t> exponent = plain_number(line.substr(hat + 1));
    if (!base || !exponent || *exponent == 0) return {};
    power.base = *base;
    power.exponent = *exponent;
    return power;
}

std::string print(const Power& power) {
    const std::string factor = power.factor ? fmt::format("{}*", *power.factor) : "";
    return fmt::format("{}{}^{}", factor, power.base, power.exponent);
}

int64_t last_digit(const Power& power) {
    int64_t digit = power.factor.value_or(1), base = power.base % 10;
    for (int64_t e = power.exponent; e > 0; e /= 2) {
        if (e % 2 == 1) digit = digit * base % 10;
        base = base * base % 10;
    }
    return digit;
}

int64_t rewritings_left(const Power& power) {
    int64_t left = power.base > 9 ? 2 : 1;
    for (int64_t e = power.exponent; e > 1; ++left) e = e % 2 == 1 ? e - 1 : e / 2;
    return left;
}

std::string Powers::read(std::string_view line) const {
    constexpr std::string_view kQuestion = "What is the last digit of ";
    std::string_view text = trimmed(line);
    if (text.starts_with(kQuestion)) {
        text.remove_prefix(kQuestion.size());
        if (text.ends_with('?')) text.remove_suffix(1);
    }
    std::string bare(text);
    std::erase(bare, ' ');
    const std::optional<Power> power = read_power(bare);
    if (!power || power->factor)
        fail("expected a power of two numbers of at most nine digits, as in 37^13, found \"{}\"",
             text.substr(0, 100));
    return print(*power);
}

Label Powers::check_step(const Path& path, std::string_view step, bool final) const {
    const std::optional<PowerLine> before =
        power_line_of(path.steps.empty() ? path.problem : path.steps.back());
    const std::optional<PowerLine> now = power_line_of(step);
    if (!before || !now || before->digit != now->digit) return Label::wrong;
    if (final) return now->left == 0 ? Label::right : Label::wrong;
    return now->left > 0 && now->left < before->left ? Label::right : Label::neutral;
}

bool Powers::check_answer(std::string_view problem, std::string_view answer) const {
    const std::optional<Power> power = read_power(problem);
    return power && answer == std::to_string(last_digit(*power));
}

std::string Powers::answer(std::string_view problem) const { return derive_power(problem).back(); }

std::string Powers::canonical_answer(std::string_view answer) const { return std::string(answer); }

std::optional<int64_t> Powers::shortest(std::string_view problem) const {
    return std::ssize(derive_power(problem));
}

std::vector<std::string> derive_power(std::string_view problem) {
    std::optional<Power> power = read_power(problem);
    if (!power) fail("expected a power, found \"{}\"", problem.substr(0, 100));
    std::vector<std::string> lines;
    for (int64_t left = rewritings_left(*power); left > 1; --left) {
        if (power->base > 9) {
            power->base %= 10;
        } else if (power->exponent % 2 == 1) {
            power->factor = power->factor.value_or(1) * power->base % 10;
            --power->exponent;
        } else {
            power->base = power->base * power->base % 10;
            power->exponent /= 2;
        }
        lines.push_back(print(*power));
    }
    lines.push_back(std::to_string(last_digit(*power)));
    return lines;
}

} // namespace qstar::search
