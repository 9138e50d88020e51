#include "train/data/worlds/arithmetic/forms_class.h"

#include "engine/base/error.h"
#include "search/worlds/arithmetic/arithmetic.h"
#include "search/worlds/arithmetic/expression.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

using search::Expression;
using search::Kind;
using search::Rational;

namespace {

const std::vector<Pupil> others_of_forms = {
    {"bracket-ignorer", drops_brackets, 0.08, 0},
    {"sign-loser", loses_signs, 0.08, 0},
    {"turner", turns_over, 0.08, 0},
    {"slipper", slips, 0.08, 0.25},
    {"beginner", drops_brackets | loses_signs | turns_over, 0.68, 0},
};

constexpr std::string_view kForms[] = {"add_sub_multiple", "mul_div_multiple", "mixed"};

std::string_view signs_of(std::string_view form) {
    return form == "add_sub_multiple" ? "+-" : form == "mul_div_multiple" ? "*/" : "+-*/";
}

Kind kind_of(char sign) {
    return sign == '+'   ? Kind::add
           : sign == '-' ? Kind::subtract
           : sign == '*' ? Kind::multiply
                         : Kind::divide;
}

// A tree of so many operations, every shape possible.
Expression grow(const ProblemConfig& config, std::string_view signs, int operations,
                Random& random) {
    if (operations == 0) {
        const auto range = static_cast<uint64_t>(config.high - config.low + 1);
        const int64_t size = config.low + static_cast<int64_t>(random.below(range));
        return search::number_expression(search::rational(random.uniform() < 0.35 ? -size : size));
    }
    const int left = static_cast<int>(random.below(static_cast<uint64_t>(operations)));
    const Kind kind = kind_of(signs[random.below(signs.size())]);
    const Expression a = grow(config, signs, left, random);
    const Expression b = grow(config, signs, operations - 1 - left, random);
    return combine(kind, a, b);
}

bool small(Rational value, int64_t bound) {
    return std::llabs(value.num) <= bound && value.den <= bound;
}

// Has every line of the right derivation small numbers only?
bool stays_small(Expression expression, int64_t bound) {
    while (!expression.is_number()) {
        const int id = reducible(expression).front();
        const Rational value = compute(expression, id);
        if (!small(value, bound)) return false;
        expression = replace(expression, id, value);
    }
    return small(expression[0].value, bound);
}

Rational absolute(Rational value) { return value.num < 0 ? -value : value; }

// What the pupil makes of one operation.
Rational worked_out(const Pupil& pupil, const Expression& expression, int id, Random& random) {
    const search::ExpressionNode& node = expression[id];
    try {
        Rational value;
        if (node.kind == Kind::divide && pupil.habits & turns_over) {
            const Rational a = expression[node.left].value, b = expression[node.right].value;
            const bool turn = absolute(a) < absolute(b);
            value = compute(Kind::divide, turn ? b : a, turn ? a : b);
        } else {
            value = compute(expression, id);
        }
        if (pupil.habits & slips && random.uniform() < pupil.rate)
            value = value + search::rational(off_by(random));
        return pupil.habits & loses_signs ? absolute(value) : value;
    } catch (const Error&) {
        return {}; // by nothing, or with numbers that do not fit: he writes 0
    }
}

} // namespace

std::string draw_form(const ProblemConfig& config, Random& random) {
    for (int attempt = 0; attempt < 100'000; ++attempt) {
        const std::string_view form =
            config.form == "deepmind" ? kForms[random.below(3)] : std::string_view(config.form);
        const int operations = draw_operands(config, random) - 1;
        std::string text;
        try {
            // As it is read: a division of two numbers in lowest terms is a number.
            text = print(grow(config, signs_of(form), operations, random));
            const Expression expression = search::parse_expression(text);
            if (search::operations(expression) < 1 || print(expression) != text) continue;
            if (stays_small(expression, config.bound)) return text;
        } catch (const Error&) { // a division by zero
        }
    }
    fail("no expression of the form {} keeps its numbers within {}: allow a larger bound or "
         "smaller operands",
         config.form, config.bound);
}

std::vector<Pupil> forms_class(double experts) { return class_of(experts, others_of_forms); }

std::vector<std::string> solve_form(const Pupil& pupil, const std::string& problem,
                                    Random& random) {
    if (pupil.habits == 0) return search::derivation(problem);
    Expression expression = search::parse_expression(problem);
    if (pupil.habits & drops_brackets) {
        std::string bare = problem;
        std::erase_if(bare, [](char c) { return c == '(' || c == ')'; });
        try {
            expression = search::parse_expression(bare);
        } catch (const Error&) { // without brackets it says nothing
        }
    }
    std::vector<std::string> lines;
    while (!expression.is_number()) {
        const int id = reducible(expression).front();
        expression = replace(expression, id, worked_out(pupil, expression, id, random));
        lines.push_back(print(expression));
    }
    if (lines.empty()) lines.push_back(print(expression));
    return lines;
}

} // namespace qstar::train
