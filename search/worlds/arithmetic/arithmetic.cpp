#include "search/worlds/arithmetic/arithmetic.h"

#include "engine/base/error.h"
#include "search/worlds/arithmetic/expression.h"
#include "search/worlds/arithmetic/sentences.h"

#include <optional>

namespace qstar::search {

namespace {

// A model's line: any bytes. Nothing if it is no expression or has no value.
struct Line {
    Expression expression;
    Rational value;
};

std::optional<Line> line_of(std::string_view text) {
    try {
        Line line{parse_expression(text), {}};
        line.value = evaluate(line.expression);
        return line;
    } catch (const Error&) {
        return {};
    }
}

// "12", "-7", "7/2", "4/2", "0.5" with spaces around: one number or one fraction of two.
bool looks_like_a_number(const Expression& expression) {
    if (expression.is_number()) return true;
    const ExpressionNode& root = expression[expression.root()];
    return expression.nodes.size() == 3 && root.kind == Kind::divide &&
           expression[root.left].value.is_integer() && expression[root.right].value.is_integer();
}

} // namespace

std::string Arithmetic::read(std::string_view line) const {
    const Expression expression = read_sentence(line);
    evaluate(expression); // a problem without a value is refused here
    return print(expression);
}

Label Arithmetic::check_step(const Path& path, std::string_view step, bool final) const {
    const std::optional<Line> before =
        line_of(path.steps.empty() ? path.problem : path.steps.back());
    const std::optional<Line> now = line_of(step);
    if (!before || !now || before->value != now->value) return Label::wrong;
    const bool number = now->expression.is_number();
    if (final) return number ? Label::right : Label::wrong;
    if (number) return Label::neutral;
    return operations(now->expression) < operations(before->expression) ? Label::right
                                                                        : Label::neutral;
}

bool Arithmetic::check_answer(std::string_view problem, std::string_view answer) const {
    const std::optional<Line> given = line_of(answer);
    if (!given || !given->expression.is_number()) return false;
    const std::optional<Line> asked = line_of(problem);
    return asked && asked->value == given->value;
}

std::string Arithmetic::answer(std::string_view problem) const {
    return text(evaluate(parse_expression(problem)));
}

std::string Arithmetic::canonical_answer(std::string_view answer) const {
    const std::optional<Line> line = line_of(answer);
    return line && looks_like_a_number(line->expression) ? text(line->value) : std::string(answer);
}

std::optional<int64_t> Arithmetic::shortest(std::string_view problem) const {
    return std::ssize(derivation(problem)); // a quotient in lowest terms is a number at once
}

std::vector<std::string> derivation(std::string_view problem) {
    Expression expression = parse_expression(problem);
    std::vector<std::string> steps;
    while (!expression.is_number()) {
        const int id = reducible(expression).front();
        expression = replace(expression, id, compute(expression, id));
        steps.push_back(print(expression));
    }
    if (steps.empty()) steps.push_back(print(expression));
    return steps;
}

} // namespace qstar::search
