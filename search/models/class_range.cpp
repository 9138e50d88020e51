#include "search/models/class_range.h"

#include "engine/base/error.h"
#include "search/models/run.h"
#include "search/worlds/arithmetic/arithmetic.h"
#include "search/worlds/arithmetic/expression.h"
#include "search/worlds/make_world.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/core.h>

namespace qstar::search {

namespace {

bool is_whole(const Rational& value) { return value.den == 1; }

std::string new_in(const ClassRange& known, const std::string& problem) {
    int64_t operands = 0;
    for (const ExpressionToken& token : tokens(parse_expression(problem))) {
        const bool is_operator = token.symbol != 0 && token.symbol != '(' && token.symbol != ')';
        if (is_operator && known.operators.find(token.symbol) == std::string::npos)
            return fmt::format("this run's class has worked with {} alone, here is a \"{}\"",
                               known.operators, token.symbol);
        if (token.symbol != 0) continue;
        ++operands;
        if (!is_whole(token.value) || token.value.num < known.low || token.value.num > known.high)
            return fmt::format("this run's class has worked with numbers from {} to {}, here is {}",
                               known.low, known.high, text(token.value));
    }
    if (operands > known.most_operands)
        return fmt::format("this run's class has worked with at most {} numbers, here are {}",
                           known.most_operands, operands);
    if (std::count(problem.begin(), problem.end(), '(') > 1)
        return "this run's class has worked with one pair of brackets, here are more";
    for (const std::string& line : derivation(problem)) {
        for (const ExpressionToken& token : tokens(parse_expression(line))) {
            if (token.symbol == 0 && std::llabs(token.value.num) > known.bound)
                return fmt::format(
                    "this run's class has worked with values up to {}, here comes {}", known.bound,
                    text(token.value));
        }
    }
    return "";
}

} // namespace

std::optional<ClassRange> class_range(const std::string& run, const World& world) {
    const std::optional<JsonLine> flags = corpus_flags(run);
    if (!flags || world.name() != kDefaultWorld || !has_field(*flags, "bound")) return {};
    if (has_field(*flags, "form") && string_field(*flags, "form") != "plain") return {};
    return ClassRange{int_field(*flags, "low"), int_field(*flags, "high"),
                      int_field(*flags, "max-operands"), int_field(*flags, "bound"),
                      string_field(*flags, "operators")};
}

std::string beyond_class(const std::optional<ClassRange>& known, const std::string& problem) {
    if (!known) return "";
    try {
        return new_in(*known, problem);
    } catch (const Error&) { // it has no value
        return "";
    }
}

} // namespace qstar::search
