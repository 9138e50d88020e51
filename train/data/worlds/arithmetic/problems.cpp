#include "train/data/worlds/arithmetic/problems.h"

#include "engine/base/error.h"
#include "search/worlds/arithmetic/expression.h"
#include "train/data/class/draw.h"
#include "train/data/worlds/arithmetic/forms_class.h"
#include "train/data/worlds/arithmetic/line.h"

#include <cstdlib>
#include <fmt/format.h>

namespace qstar::train {

namespace {

int rank(char op) { return op == '*' ? 2 : 1; }

// Would the line mean the same without brackets around operands first to last?
bool superfluous(const Line& line, int operands, int first, int last) {
    int lowest = 2;
    for (int i = first; i < last; ++i) {
        const int here = rank(line[static_cast<size_t>(2 * i + 1)].symbol);
        if (here < lowest) lowest = here;
    }
    const bool left = first == 0 || rank(line[static_cast<size_t>(2 * first - 1)].symbol) < lowest;
    const bool right =
        last == operands - 1 || rank(line[static_cast<size_t>(2 * last + 1)].symbol) <= lowest;
    return left && right;
}

struct Computed {
    int64_t a;
    char symbol;
    int64_t b, value;
};

// The right derivation: calls use(what was computed) until it says no; whether it never did.
template <typename Use>
bool derive(Line line, Use use) {
    while (line.size() > 1) {
        const size_t at = next_operator(line);
        Computed o{line[at - 1].value.num, line[at].symbol, line[at + 1].value.num, 0};
        o.value = calculate(o.a, o.symbol, o.b);
        if (!use(o)) return false;
        replace_operation(line, at, o.value);
    }
    return true;
}

bool within(const Line& line, int64_t bound) {
    return derive(line, [&](const Computed& o) { return std::llabs(o.value) <= bound; });
}

} // namespace

std::string draw_problem(const ProblemConfig& config, Random& random) {
    if (config.form != "plain") return draw_form(config, random);
    for (int attempt = 0; attempt < 100'000; ++attempt) {
        const int operands = draw_operands(config, random);
        Line line;
        for (int i = 0; i < operands; ++i) {
            if (i > 0)
                line.push_back(sign(config.operators[random.below(config.operators.size())]));
            const auto range = static_cast<uint64_t>(config.high - config.low + 1);
            line.push_back(number(config.low + static_cast<int64_t>(random.below(range))));
        }
        if (operands > 2 && random.uniform() < config.brackets) {
            const int first = static_cast<int>(random.below(static_cast<uint64_t>(operands - 1)));
            const int last =
                first + 1 +
                static_cast<int>(random.below(static_cast<uint64_t>(operands - 1 - first)));
            if (superfluous(line, operands, first, last)) continue;
            line.insert(line.begin() + 2 * last + 1, sign(')'));
            line.insert(line.begin() + 2 * first, sign('('));
        }
        if (within(line, config.bound)) return text_of(line);
    }
    fail("no problem keeps every value within {}: allow a larger bound or smaller operands",
         config.bound);
}

std::string draw_problem(const ProblemConfig& config, Split split, Random& random) {
    for (int attempt = 0; attempt < 10'000; ++attempt) {
        std::string problem = draw_problem(config, random);
        if (side_of(expression_key(problem)) == split) return problem;
    }
    fail("no problem of {} to {} operands belongs to the {} split (it needs 3 operands or more)",
         config.min_operands, config.max_operands, name_of(split));
}

std::string expression_key(std::string_view line) {
    if (has_letter(line) || line.find('=') != std::string_view::npos) return "";
    try {
        const search::Expression expression = search::parse_expression(line);
        return search::operations(expression) < 2 ? "" : search::print(expression);
    } catch (const Error&) {
        return "";
    }
}

std::vector<std::string> facts_of(const std::string& problem) {
    std::vector<std::string> facts;
    derive(line_of(problem), [&](const Computed& o) {
        facts.push_back(fmt::format("{}{}{}", o.a, o.symbol, o.b));
        return true;
    });
    return facts;
}

std::vector<std::string> draw_problems(const ProblemConfig& config, Split split, int64_t count,
                                       uint64_t seed) {
    check(config);
    return draw_different(
        [&](Split side, Random& random) { return draw_problem(config, side, random); }, split,
        count, seed);
}

} // namespace qstar::train
