#include "search/worlds/countdown/countdown.h"

#include "engine/base/error.h"
#include "search/worlds/countdown/search_stream.h"
#include "search/worlds/text/scanner.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

namespace {

constexpr size_t kMaxNumbers = 12;
constexpr size_t kSearched = 6; // up to so many numbers a problem is solved when it is read

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

std::optional<Hand> hand_of(std::string_view problem) {
    try {
        return parse_hand(problem);
    } catch (const Error&) {
        return {};
    }
}

// The numbers left after the path's steps; nothing if one of them is illegal.
std::optional<std::vector<Rational>> replay(const Hand& hand,
                                            const std::vector<std::string>& steps) {
    std::optional<std::vector<Rational>> left = hand.numbers;
    for (const std::string& step : steps) {
        const std::optional<Move> move = read_step(step, *left);
        if (!move) return {};
        left = after(*left, *move);
    }
    return left;
}

bool reached(const Hand& hand, const std::vector<Rational>& left) {
    return left.size() == 1 && left.front() == hand.target;
}

// Does the expression use exactly these numbers? A fraction 8/3 in it is one of them, or else made
// of 8 and 3.
bool uses(const Expression& expression, std::vector<Rational> numbers) {
    const auto take = [&](Rational number) {
        const auto at = std::find(numbers.begin(), numbers.end(), number);
        if (at == numbers.end()) return false;
        numbers.erase(at);
        return true;
    };
    for (const auto& [kind, value, left, right] : expression.nodes)
        if (kind == Kind::number && !take(value) &&
            (value.is_integer() || !take(rational(value.num)) || !take(rational(value.den))))
            return false;
    return numbers.empty();
}

// The expression of a number that was made from others.
struct Made {
    Rational value;
    Expression expression;
};

// The steps of the solution: all, or of a text that contains its search (stream.h) the lines that
// led to its end.
std::vector<std::string> solution(const Hand& hand, const std::vector<std::string>& steps) {
    if (steps.size() < hand.numbers.size()) return steps;
    const std::vector<std::string> lines = solution_lines(hand.numbers.size(), steps);
    return lines.empty() ? steps : lines;
}

// The steps as one expression. Nothing if one is illegal or numbers are left over.
std::optional<Expression> expression_of(const Hand& hand, const std::vector<std::string>& steps) {
    std::vector<Made> pool;
    for (const Rational number : hand.numbers) pool.push_back({number, number_expression(number)});
    std::vector<Rational> left = hand.numbers;
    for (const std::string& step : steps) {
        const std::optional<Move> move = read_step(step, left);
        if (!move) return {};
        const auto take = [&](Rational value) {
            const auto at = std::find_if(pool.begin(), pool.end(),
                                         [&](const Made& m) { return m.value == value; });
            Expression expression = std::move(at->expression);
            pool.erase(at);
            return expression;
        };
        const Expression first = take(move->left), second = take(move->right);
        pool.push_back({move->result, combine(move->kind, first, second)});
        left = *after(left, *move);
    }
    if (pool.size() != 1) return {};
    return pool.front().expression;
}

} // namespace

std::vector<Rational> parse_numbers(std::string_view line) {
    constexpr std::string_view between = " \t\r,;";
    std::vector<Rational> numbers;
    Reader reader{line};
    const auto skip = [&] {
        while (!reader.text.empty() && between.find(reader.text.front()) != between.npos)
            reader.text.remove_prefix(1);
    };
    for (skip(); !reader.text.empty(); skip()) {
        const size_t column = line.size() - reader.text.size() + 1;
        const std::string_view word = reader.text.substr(0, reader.text.find_first_of(between));
        const std::optional<Rational> number = reader.number(true);
        if (!number || (!reader.text.empty() && between.find(reader.text.front()) == between.npos))
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

bool CountdownSolver::negative(const std::vector<Rational>& numbers) const {
    return target_.num < 0 || (!numbers.empty() && numbers.front().num < 0);
}

bool CountdownSolver::solvable(const std::vector<Rational>& numbers) {
    if (numbers.size() == 1) return numbers.front() == target_;
    const auto at = known_.find(numbers);
    if (at != known_.end()) return at->second;
    bool found = false;
    for (const Move& move : moves(numbers, negative(numbers)))
        if (solvable(*after(numbers, move))) {
            found = true;
            break;
        }
    return known_[numbers] = found;
}

std::vector<Move> CountdownSolver::good_moves(const std::vector<Rational>& numbers) {
    std::vector<Move> good = moves(numbers, negative(numbers));
    std::erase_if(good, [&](const Move& move) { return !solvable(*after(numbers, move)); });
    return good;
}

std::string Countdown::read(std::string_view line) const {
    const Hand hand = parse_hand(line);
    if (hand.numbers.size() <= kSearched && !CountdownSolver(hand.target).solvable(hand.numbers))
        fail("{} cannot be reached from \"{}\" with + - * /, each number used once",
             text(hand.target), print(hand).substr(0, print(hand).rfind(' ')));
    return print(hand);
}

Label Countdown::check_step(const Path& path, std::string_view step, bool final) const {
    const std::optional<Hand> hand = hand_of(path.problem);
    if (!hand) return Label::wrong;
    const std::optional<std::vector<Rational>> before = replay(*hand, path.steps);
    if (!before) return Label::wrong;
    const std::optional<Move> move = read_step(step, *before);
    if (!move) {
        // A problem of one number is its own answer.
        const bool own = before->size() == 1 && step == text(hand->target);
        return own && reached(*hand, *before) ? final ? Label::right : Label::neutral
                                              : Label::wrong;
    }
    const std::vector<Rational> left = *after(*before, *move);
    if (final) return reached(*hand, left) ? Label::right : Label::wrong;
    if (left.size() == 1) return reached(*hand, left) ? Label::neutral : Label::wrong;
    return CountdownSolver(hand->target).solvable(left) ? Label::right : Label::wrong;
}

bool Countdown::check_answer(std::string_view problem, std::string_view answer) const {
    const std::optional<Hand> hand = hand_of(problem);
    if (!hand) return false;
    const std::string total = "=" + text(hand->target);
    if (answer.ends_with(total)) answer.remove_suffix(total.size());
    try {
        const Expression expression = parse_expression(answer);
        return uses(expression, hand->numbers) && evaluate(expression) == hand->target;
    } catch (const Error&) {
        return false;
    }
}

std::string Countdown::answer(std::string_view problem) const {
    const std::string canonical = print(parse_hand(problem));
    return answer_of({canonical, derive_countdown(canonical), true});
}

// The value of a last line: votes are counted by what was reached.
std::string Countdown::canonical_answer(std::string_view answer) const {
    const size_t equals = answer.rfind('=');
    return std::string(equals == std::string_view::npos ? answer : answer.substr(equals + 1));
}

bool Countdown::solved(const Path& path) const {
    const std::optional<Hand> hand = hand_of(path.problem);
    if (!hand || !path.finished || path.steps.empty()) return false;
    if (hand->numbers.size() == 1)
        return path.steps.size() == 1 &&
               check_step({path.problem, {}, false}, path.steps[0], true) == Label::right;
    const auto left = replay(*hand, solution(*hand, path.steps));
    return left && reached(*hand, *left);
}

std::optional<int64_t> Countdown::shortest(std::string_view problem) const {
    return std::max<int64_t>(1, std::ssize(parse_hand(problem).numbers) - 1);
}

bool Countdown::legal(const Path& path) const {
    const std::optional<Hand> hand = hand_of(path.problem);
    if (!hand) return false;
    if (hand->numbers.size() == 1) return true;
    const auto left = replay(*hand, path.steps);
    return left && (path.finished || left->size() > 1);
}

std::string Countdown::answer_of(const Path& path) const {
    if (!path.finished || path.steps.empty()) return "";
    if (const std::optional<Hand> hand = hand_of(path.problem))
        if (const std::optional<Expression> expression =
                expression_of(*hand, solution(*hand, path.steps)))
            return print(*expression);
    return path.steps.back();
}

std::string Countdown::state(const Path& path) const {
    if (const std::optional<Hand> hand = hand_of(path.problem))
        if (const std::optional<std::vector<Rational>> left = replay(*hand, path.steps))
            return print(Hand{*left, hand->target});
    return World::state(path);
}

std::string Countdown::plain_step(std::string_view step) const {
    return std::string(step.substr(0, step.find(' ')));
}

std::vector<std::string> derive_countdown(std::string_view problem) {
    const Hand hand = parse_hand(problem);
    CountdownSolver solver(hand.target);
    if (!solver.solvable(hand.numbers)) fail("\"{}\" has no solution", print(hand));
    std::vector<std::string> steps;
    std::vector<Rational> left = hand.numbers;
    if (left.size() == 1) steps.push_back(text(hand.target));
    while (left.size() > 1) {
        const std::vector<Move> good = solver.good_moves(left);
        const auto whole = std::find_if(good.begin(), good.end(),
                                        [](const Move& m) { return m.result.is_integer(); });
        const Move move = whole != good.end() ? *whole : good.front();
        left = *after(left, move);
        steps.push_back(print(move, left));
    }
    return steps;
}

} // namespace qstar::search
