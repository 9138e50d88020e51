#include "search/worlds/text/number_text.h"

#include "engine/base/error.h"
#include "search/worlds/text/scanner.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

namespace qstar::search {

namespace {

constexpr std::array<std::string_view, 3> kMinusSigns = {"-", "\u2212", "\u2013"};
constexpr std::array<std::string_view, 6> kCurrencies = {"$",      "\u00a3", "\u20ac",
                                                         "\u00a5", "\u20b9", "\u00a2"};
constexpr std::array<std::string_view, 8> kBlanks = {" ",  "\t",     "\r",     "\n",
                                                     "\v", "\u00a0", "\u202f", "\u2009"};
// Words behind a number that make it another one.
constexpr std::string_view kNoUnits[] = {
    "hundred", "hundreds", "thousand", "thousands", "million", "millions", "billion", "billions",
    "dozen",   "dozens",   "trillion", "half",      "halves",  "third",    "thirds",  "k",
    "bn",      "and",      "or",       "to",        "plus",    "minus",    "times",   "by"};

bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

template <size_t n>
bool take_any(std::string_view& text, const std::array<std::string_view, n>& words) {
    return std::any_of(words.begin(), words.end(), [&](auto word) { return take(text, word); });
}

void skip_blanks(std::string_view& text) {
    while (take_any(text, kBlanks)) {
    }
}

bool digit_at(std::string_view text, size_t at) { return at < text.size() && is_digit(text[at]); }

size_t digits_at(std::string_view text, size_t at) {
    size_t end = at;
    while (digit_at(text, end)) ++end;
    return end - at;
}

// The digits that a text begins with, without commas: "1,080.50" -> "1080.50". Nothing if there
// are none, or if a comma or point behind them makes them none.
std::optional<std::string> take_digits(std::string_view& text) {
    size_t at = digits_at(text, 0);
    std::string plain(text.substr(0, at));
    if (at >= 1 && at <= 3 && text[0] != '0')
        while (at < text.size() && text[at] == ',' && digits_at(text, at + 1) == 3) {
            plain += text.substr(at + 1, 3);
            at += 4;
        }
    if (at < text.size() && text[at] == '.' && digit_at(text, at + 1)) {
        const size_t decimals = digits_at(text, at + 1);
        if (plain.empty()) plain = "0";
        plain += text.substr(at, decimals + 1);
        at += decimals + 1;
    }
    if (plain.empty()) return {};
    if (at < text.size() && (text[at] == ',' || text[at] == '.') && digit_at(text, at + 1))
        return {};
    text.remove_prefix(at);
    return plain;
}

std::optional<int64_t> whole(std::string_view digits) {
    int64_t value = 0;
    for (const char c : digits)
        if (c != '.' && (__builtin_mul_overflow(value, int64_t{10}, &value) ||
                         __builtin_add_overflow(value, int64_t{c - '0'}, &value)))
            return {};
    return value;
}

std::optional<WrittenNumber> value_of(const std::string& digits) {
    const size_t point = digits.find('.');
    const size_t decimals = point == std::string::npos ? 0 : digits.size() - point - 1;
    const std::optional<int64_t> num = whole(digits);
    if (!num || decimals > 18) return {};
    int64_t den = 1;
    for (size_t i = 0; i < decimals; ++i) den *= 10;
    return WrittenNumber{rational(*num, den), static_cast<int>(decimals)};
}

// Sign, currency, digits; what follows is left.
std::optional<WrittenNumber> take_number(std::string_view& text, bool fraction) {
    std::string_view rest = text;
    bool negative = false, sign = false;
    const auto take_sign = [&] {
        if (sign) return;
        negative = take_any(rest, kMinusSigns);
        sign = negative || take(rest, "+");
    };
    take_sign();
    if (take_any(rest, kCurrencies)) take_sign();
    const std::optional<std::string> digits = take_digits(rest);
    if (!digits) return {};
    std::optional<WrittenNumber> number = value_of(*digits);
    if (!number) return {};
    if (fraction && rest.starts_with('/') && digit_at(rest, 1)) {
        if (number->decimals > 0) return {};
        rest.remove_prefix(1);
        const size_t size = digits_at(rest, 0);
        const std::optional<int64_t> den = whole(rest.substr(0, size));
        rest.remove_prefix(size);
        const bool ends = rest.empty() || (rest.front() != '/' && rest.front() != ',' &&
                                           (rest.front() != '.' || !digit_at(rest, 1)));
        if (!den || *den < 2 || std::gcd(number->value.num, *den) != 1 || !ends) return {};
        number->value = rational(number->value.num, *den);
    }
    if (negative) number->value = -number->value;
    text = rest;
    return number;
}

// A letter of Latin script: its bytes, or 0.
size_t letter(std::string_view text) {
    if (text.empty()) return 0;
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
    const char low = static_cast<char>(text[0] | 0x20);
    if (low >= 'a' && low <= 'z') return 1;
    if (text.size() < 2 || byte(0) < 0xc3 || byte(0) > 0xc9 || (byte(1) & 0xc0) != 0x80) return 0;
    return text.starts_with("\u00d7") || text.starts_with("\u00f7") ? 0 : 2;
}

// "apples", "km/h", "ft."; empty if the text begins with none.
std::string_view unit_word(std::string_view text) {
    size_t at = 0;
    while (at < text.size()) {
        if (const size_t bytes = letter(text.substr(at)))
            at += bytes;
        else if (at > 0 && (text[at] == '/' || text[at] == '-') && letter(text.substr(at + 1)))
            ++at;
        else
            break;
    }
    const std::string_view square = text.substr(at);
    if (at > 0 && (square.starts_with("\u00b2") || square.starts_with("\u00b3"))) at += 2;
    if (at > 0 && at < text.size() && text[at] == '.' && !digit_at(text, at + 1)) ++at;
    return text.substr(0, at);
}

// What may stand behind a number. False if it changes the number; what follows is left.
bool take_unit(std::string_view& text, bool& per_cent) {
    std::string_view rest = text;
    skip_blanks(rest);
    per_cent = take(rest, "%");
    if (per_cent || take(rest, "\u00b0")) text = rest;
    skip_blanks(rest);
    if (take_any(rest, kCurrencies)) text = rest;
    for (int words = 0;; ++words) {
        rest = text;
        skip_blanks(rest);
        const std::string_view word = unit_word(rest);
        if (word.empty()) break;
        std::string lower(word);
        for (char& c : lower)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
        if (words == 3 || word == "M" || word == "B" ||
            std::find(std::begin(kNoUnits), std::end(kNoUnits), lower) != std::end(kNoUnits))
            return false;
        text = rest.substr(word.size());
    }
    return true;
}

} // namespace

std::string_view trim_blanks(std::string_view text) {
    skip_blanks(text);
    for (bool more = true; more;) {
        more = false;
        for (const std::string_view blank : kBlanks)
            if (text.ends_with(blank)) {
                text.remove_suffix(blank.size());
                more = true;
            }
    }
    return text;
}

std::optional<WrittenNumber> read_number(std::string_view text) {
    text = trim_blanks(text);
    const std::optional<WrittenNumber> number = take_number(text, true);
    bool per_cent = false;
    if (!number || text.find('\n') != text.npos) return {};
    if (text == ".") return number;
    if (!take_unit(text, per_cent)) return {};
    take(text, ".");
    return text.empty() ? number : std::nullopt;
}

std::optional<WrittenNumber> leading_number(std::string_view text, bool fraction) {
    return take_number(text, fraction);
}

bool begins_number(std::string_view text) {
    const auto sign = [&] { return take_any(text, kMinusSigns) || take(text, "+"); };
    const bool before = sign();
    if (take_any(text, kCurrencies) && !before) sign();
    take(text, ".");
    return digit_at(text, 0);
}

std::optional<Rational> read_answer(std::string_view text) {
    constexpr std::string_view kMark = "####";
    if (const size_t at = text.rfind(kMark); at != text.npos) text.remove_prefix(at + kMark.size());
    const std::optional<WrittenNumber> number = read_number(text);
    return number ? std::optional(number->value) : std::nullopt;
}

std::optional<Rational> read_written_answer(std::string_view text) {
    constexpr std::string_view kBox = "\\boxed{", kWords = "The answer is";
    if (const size_t at = text.rfind(kBox); at != text.npos) {
        text.remove_prefix(at + kBox.size());
        text = text.substr(0, text.find('}'));
    } else if (const size_t said = text.rfind(kWords); said != text.npos) {
        text.remove_prefix(said + kWords.size());
    }
    return read_answer(text);
}

bool written_as(Rational value, const WrittenNumber& written) {
    if (written.decimals == 0) return value == written.value;
    __extension__ typedef __int128 Wide;
    int64_t scale = 1;
    for (int i = 0; i < written.decimals; ++i) scale *= 10;
    const Wide scaled = Wide(value.num < 0 ? -value.num : value.num) * scale;
    Wide rounded = scaled / value.den;
    const Wide rest = scaled % value.den;
    if (rest >= value.den - rest) ++rounded;
    if (value.num < 0) rounded = -rounded;
    return rounded == Wide(written.value.num) * (scale / written.value.den);
}

std::string decimal_text(Rational value) {
    if (value.is_integer()) return search::text(value);
    constexpr int kMostDecimals = 6, kRounded = 2;
    __extension__ using Wide = __int128;
    const bool negative = value.num < 0;
    const Wide num = negative ? -Wide{value.num} : Wide{value.num}, den = value.den;
    int decimals = 1;
    Wide scale = 10;
    for (; decimals < kMostDecimals && num * scale % den != 0; ++decimals) scale *= 10;
    if (num * scale % den != 0) {
        decimals = kRounded;
        scale = 100;
    }
    const Wide all = (2 * num * scale + den) / (2 * den); // halves away from zero
    std::string digits = std::to_string(static_cast<uint64_t>(all % scale));
    digits.insert(0, static_cast<size_t>(decimals) - digits.size(), '0');
    const std::string whole = std::to_string(static_cast<uint64_t>(all / scale));
    return (negative && all > 0 ? "-" : "") + whole + "." + digits;
}

std::optional<std::string> plain_expression(std::string_view text) {
    std::string plain;
    bool operand = true, per_cent = false, product = false; // an operand is expected
    while (!text.empty()) {
        if (take_any(text, kBlanks)) {
            plain += ' ';
        } else if (take_any(text, kMinusSigns)) {
            plain += '-';
            operand = true;
        } else if (take(text, "\u00d7")) {
            plain += '*';
            operand = product = true;
        } else if (take(text, "\u00f7")) {
            plain += '/';
            operand = product = true;
        } else if (take(text, "//")) {
            plain += '/';
            operand = product = true;
        } else if (const char c = text.front(); c == '+' || c == '*' || c == '/' || c == '(') {
            plain += c;
            product |= c == '*' || c == '/';
            operand = true;
            text.remove_prefix(1);
        } else if (c == ')' && !operand) {
            plain += c;
            text.remove_prefix(1);
        } else if (operand) {
            take_any(text, kCurrencies);
            const std::optional<std::string> digits = take_digits(text);
            if (!digits) return {};
            plain += *digits;
            operand = false;
            if (text.starts_with('.')) text.remove_prefix(1);
            bool sign = false;
            if (!take_unit(text, sign)) return {};
            per_cent |= sign;
        } else {
            return {};
        }
    }
    if (per_cent && product) return {};
    return plain;
}

} // namespace qstar::search
