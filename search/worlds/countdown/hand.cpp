#include "search/worlds/countdown/hand.h"

#include "engine/base/error.h"
#include "search/worlds/text/scanner.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace qstar::search {

namespace {

constexpr size_t kMaxNumbers = 12;

// Reads from the front of a text; what it cannot read it leaves.
struct Reader {
    std::string_view text;

    bool take(char c) {
        if (text.empty() || text.front() != c) return false;
        text.remove_prefix(1);
        return true;
    }
    std::optional<int64_t> digits() {
        if (text.empty() || !is_digit(text.front())) return {};
        Rational value;
        while (!text.empty() && is_digit(text.front())) {
            value = value * rational(10) + rational(text.front() - '0');
            text.remove_prefix(1);
        }
        return value.num;
    }
    // "3", "-3", and with `fraction` "7/2", in lowest terms.
    std::optional<Rational> number(bool fraction) {
        const bool negative = take('-');
        const std::optional<int64_t> num = digits();
        if (!num) return {};
        Rational value = rational(negative ? -*num : *num);
        if (fraction && take('/')) {
            const std::optional<int64_t> den = digits();
            if (!den || *den < 2) return {};
            value = rational(value.num, *den);
            if (value.den != *den) return {};
        }
        return value;
    }
    // "3", "-3" or "(7/2)".
    std::optional<Rational> operand() {
        if (!take('(')) return number(false);
        const std::optional<Rational> value = number(true);
        return take(')') ? value : std::nullopt;
    }
};

char operator_symbol(Kind kind) {
    switch (kind) {
    case Kind::add:
        return '+';
    case Kind::subtract:
        return '-';
    case Kind::multiply:
        return '*';
    default:
        return '/';
    }
}

std::string operand_text(Rational value) {
    return value.is_integer() ? text(value) : "(" + text(value) + ")";
}

std::optional<Move> made(Rational left, Kind kind, Rational right) {
    try {
        return Move{left, kind, right, compute(kind, left, right)};
    } catch (const Error&) {
        return {}; // a division by zero, or a number that does not fit
    }
}

} // namespace

std::vector<Rational> parse_numbers(std::string_view line) {
    constexpr std::string_view kBetween = " \t\r,;";
    std::vector<Rational> numbers;
    Reader reader{line};
    const auto skip = [&] {
        while (!reader.text.empty() && kBetween.find(reader.text.front()) != kBetween.npos)
            reader.text.remove_prefix(1);
    };
    for (skip(); !reader.text.empty(); skip()) {
        const size_t column = line.size() - reader.text.size() + 1;
        const std::string_view word = reader.text.substr(0, reader.text.find_first_of(kBetween));
        const std::optional<Rational> number = reader.number(true);
        if (!number ||
            (!reader.text.empty() && kBetween.find(reader.text.front()) == kBetween.npos))
            fail("column {}: expected a whole number or a fraction 3/2, found \"{}\"", column,
                 word.substr(0, 40));
        numbers.push_back(*number);
    }
    return numbers;
}

Hand parse_hand(std::string_view line) {
    Hand hand{parse_numbers(line), {}};
    if (hand.numbers.size() < 2)
        fail("expected some numbers and then the target, found {}",
             hand.numbers.empty() ? "an empty line" : "one number");
    if (hand.numbers.size() > kMaxNumbers + 1)
        fail("expected at most {} numbers and the target, found {}", kMaxNumbers,
             hand.numbers.size());
    hand.target = hand.numbers.back();
    hand.numbers.pop_back();
    std::sort(hand.numbers.begin(), hand.numbers.end());
    return hand;
}

std::string print(const Hand& hand) {
    std::string out;
    for (const Rational number : hand.numbers) out += text(number) + " ";
    return out + text(hand.target);
}

std::vector<Move> moves(const std::vector<Rational>& numbers, bool negative) {
    std::vector<Move> out;
    const auto offer = [&](Rational left, Kind kind, Rational right) {
        const std::optional<Move> move = made(left, kind, right);
        if (move && std::find(out.begin(), out.end(), *move) == out.end()) out.push_back(*move);
    };
    for (size_t i = 0; i < numbers.size(); ++i)
        for (size_t j = 0; j < i; ++j) {
            Rational large = numbers[i], small = numbers[j];
            if (large < small) std::swap(large, small);
            offer(large, Kind::add, small);
            offer(large, Kind::subtract, small);
            if (negative) offer(small, Kind::subtract, large);
            offer(large, Kind::multiply, small);
            offer(large, Kind::divide, small);
            offer(small, Kind::divide, large);
        }
    return out;
}

std::optional<std::vector<Rational>> after(const std::vector<Rational>& numbers, const Move& move) {
    std::vector<Rational> left = numbers;
    for (const Rational used : {move.left, move.right}) {
        const auto at = std::find(left.begin(), left.end(), used);
        if (at == left.end()) return {};
        left.erase(at);
    }
    left.insert(std::upper_bound(left.begin(), left.end(), move.result), move.result);
    return left;
}

std::string print(const Move& move, const std::vector<Rational>& left) {
    std::string out = operand_text(move.left) + operator_symbol(move.kind) +
                      operand_text(move.right) + "=" + text(move.result);
    if (left.size() > 1)
        for (const Rational number : left) out += " " + text(number);
    return out;
}

std::optional<Move> read_step(std::string_view step, const std::vector<Rational>& numbers) {
    try {
        Reader reader{step};
        const std::optional<Rational> left = reader.operand();
        if (!left || reader.text.empty()) return {};
        const char sign = reader.text.front();
        reader.text.remove_prefix(1);
        const Kind kind = sign == '+'   ? Kind::add
                          : sign == '-' ? Kind::subtract
                          : sign == '*' ? Kind::multiply
                                        : Kind::divide;
        if (sign != operator_symbol(kind)) return {};
        const std::optional<Rational> right = reader.operand();
        if (!right || !reader.take('=')) return {};
        const std::optional<Rational> result = reader.number(true);
        const std::optional<Move> move = made(*left, kind, *right);
        if (!result || !move || move->result != *result) return {};
        const std::optional<std::vector<Rational>> rest = after(numbers, *move);
        if (!rest) return {};
        if (reader.text.empty()) return move; // without the list
        for (const Rational number : *rest)
            if (!reader.take(' ') || reader.number(true) != number) return {};
        return reader.text.empty() ? move : std::nullopt;
    } catch (const Error&) {
        return {}; // a number that does not fit
    }
}

} // namespace qstar::search
