#include "search/worlds/countdown/countdown.h"

#include "engine/base/error.h"
#include "search/worlds/arithmetic/expression.h"
#include "search/worlds/countdown/countdown_solver.h"
#include "search/worlds/countdown/hand.h"
#include "search/worlds/countdown/search_stream.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace qstar::search {

namespace {

constexpr size_t kSearched = 6; // up to so many numbers a problem is solved when it is read

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

} // namespace qstar::search
