#include "train/data/worlds/problems.h"

#include "engine/base/error.h"
#include "train/data/worlds/forms_class.h"
#include "train/data/worlds/line.h"

#include <cstdlib>
#include <unordered_set>

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

// Does the right derivation stay within the bound?
bool within(Line line, int64_t bound) {
    while (line.size() > 1) {
        const size_t at = next_operator(line);
        const int64_t value =
            calculate(line[at - 1].value.num, line[at].symbol, line[at + 1].value.num);
        if (std::llabs(value) > bound) return false;
        replace_operation(line, at, value);
    }
    return true;
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
        if (split_of(problem) == split) return problem;
    }
    fail("no problem of {} to {} operands belongs to the {} split (it needs 3 operands or more)",
         config.min_operands, config.max_operands, name_of(split));
}

std::vector<std::string> draw_different(const std::function<std::string(Split, Random&)>& draw,
                                        Split split, int64_t count, uint64_t seed) {
    Random random(seed, std::string("problems/") + std::string(name_of(split)));
    std::vector<std::string> problems;
    std::unordered_set<std::string> seen;
    int64_t repeats = 0;
    while (static_cast<int64_t>(problems.size()) < count) {
        std::string problem = draw(split, random);
        if (seen.insert(problem).second) {
            problems.push_back(std::move(problem));
            repeats = 0;
        } else if (++repeats > 10'000) {
            fail("there are not {} different problems of this kind on the {} side (found {})",
                 count, name_of(split), problems.size());
        }
    }
    return problems;
}

std::vector<std::string> draw_problems(const ProblemConfig& config, Split split, int64_t count,
                                       uint64_t seed) {
    check(config);
    return draw_different(
        [&](Split side, Random& random) { return draw_problem(config, side, random); }, split,
        count, seed);
}

} // namespace qstar::train
