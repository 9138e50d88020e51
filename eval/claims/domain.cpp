// Claim 9: nothing leaves the domain.

#include "eval/claims/claim_context.h"
#include "search/worlds/arithmetic/arithmetic.h"
#include "search/worlds/arithmetic/expression.h"
#include "search/worlds/equations/equations.h"
#include "search/worlds/make_world.h"
#include "train/data/class/draw.h"
#include "train/data/corpus.h"
#include "train/data/worlds/arithmetic/arithmetic_teaching.h"
#include "train/data/worlds/arithmetic/problems.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/core.h>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

struct Kind {
    std::string name;
    std::unique_ptr<search::World> world;
    std::vector<std::string> problems;
};

// `count` different test problems of what `draw` gives.
std::vector<std::string> drawn(const std::function<std::string(Random&)>& draw, int64_t count,
                               uint64_t seed) {
    const auto on_side = [&](train::Split split, Random& random) {
        for (int tries = 0; tries < 100'000; ++tries)
            if (std::string problem = draw(random); train::split_of(problem) == split)
                return problem;
        return std::string();
    };
    return train::draw_different(on_side, train::Split::test, count, seed);
}

// a op (b op (c op d)), where no bracket is superfluous and no value leaves the bound.
std::string nested(const train::ProblemConfig& config, Random& random) {
    for (;;) {
        std::string text;
        for (int i = 0; i < 4; ++i) {
            if (i > 0) text += config.operators[random.below(config.operators.size())];
            if (i == 1 || i == 2) text += '(';
            text += std::to_string(config.low + static_cast<int64_t>(random.below(
                                                    static_cast<uint64_t>(config.high))));
        }
        text += "))";
        if (search::print(search::parse_expression(text)) != text) continue;
        bool within = true;
        for (const std::string& line : search::derivation(text))
            for (const auto& token : search::tokens(search::parse_expression(line)))
                within = within && std::abs(token.value.num) <= config.bound;
        if (within) return text;
    }
}

// A problem of the class in which one number is written as a quotient: 3*4-5 -> 3*12/3-5.
std::string with_division(const train::ProblemConfig& config, Random& random) {
    for (;;) {
        const std::string plain = train::draw_problem(config, random);
        const size_t digit = plain.find_last_of("23456789");
        if (digit == std::string::npos) continue;
        const int value = plain[digit] - '0', by = 2 + static_cast<int>(random.below(3));
        // A number of two digits would be cut in two.
        if (digit > 0 && plain[digit - 1] >= '0' && plain[digit - 1] <= '9') continue;
        std::string text = plain;
        text.replace(digit, 1, fmt::format("{}/{}", value * by, by));
        if (text == search::print(search::parse_expression(text))) return text;
    }
}

std::vector<Kind> kinds(ClaimContext& shared, int64_t count) {
    const uint64_t seed = shared.options().seed;
    train::ProblemConfig config =
        train::teaching_of<train::ArithmeticTeaching>(shared.options().run).problems;
    config.min_operands = 3;
    std::vector<Kind> all;
    const auto add = [&](const char* name, const char* world, std::vector<std::string> problems) {
        all.push_back({name, search::make_world(world), std::move(problems)});
    };
    add("as in the class", "arithmetic", shared.problems(count));
    train::ProblemConfig more = config;
    more.min_operands = config.max_operands + 1;
    more.max_operands = std::min(config.max_operands + 2, 8);
    add("more operands", "arithmetic", train::draw_problems(more, train::Split::test, count, seed));
    train::ProblemConfig larger = config;
    larger.low = config.high + 1;
    larger.high = 3 * config.high;
    larger.bound = 5 * config.bound;
    larger.operators = "+-";
    add("larger numbers", "arithmetic",
        train::draw_problems(larger, train::Split::test, count, seed));
    add("brackets within brackets", "arithmetic",
        drawn([&](Random& random) { return nested(config, random); }, count, seed));
    add("a new operator", "arithmetic",
        drawn([&](Random& random) { return with_division(config, random); }, count, seed));
    add("another world", "equations",
        drawn([](Random& random) { return search::draw_equation({}, random); }, count, seed));
    return all;
}

struct Row {
    std::string name;
    LadderEntry solver;
    std::vector<Number> shares = {}; // of each kind, in the class first
};

double part(const Number& number) {
    return static_cast<double>(number.solved) / static_cast<double>(number.n);
}

// The mean over the kinds outside of what is left of the share inside.
double left(const Row& row) {
    double sum = 0;
    for (size_t k = 1; k < row.shares.size(); ++k) sum += part(row.shares[k]);
    const double inside = part(row.shares[0]) * static_cast<double>(row.shares.size() - 1);
    return inside > 0 ? sum / inside : 0;
}

Findings examine_domain(ClaimContext& shared) {
    using search::Aggregate, search::Method;
    Findings found;
    if (shared.world().name() != "arithmetic") {
        found.why = "not measured: the experiment is made of arithmetic, and this run is not";
        return found;
    }
    if (!shared.needs({"sft", "prm"}, found)) return found;
    const auto all = kinds(shared, shared.size(200, 40));
    std::vector<std::string> others;
    for (size_t k = 1; k < all.size(); ++k)
        others.insert(others.end(), all[k].problems.begin(), all[k].problems.end());
    shared.check(others);
    std::vector<Row> rows = {
        {"tuned, greedy", {}},
        {"majority", {.method = Method::majority}},
        {"best of N, PRM",
         {.method = Method::best_of_n, .scorer = "prm", .aggregate = Aggregate::minimum}},
        {"A*, PRM", {.method = Method::astar, .scorer = "prm"}}};
    if (shared.has("self-play")) rows.push_back({"self-play, greedy", {.policy = "self-play"}});
    for (Row& row : rows)
        for (const Kind& kind : all) {
            const Solved solved = shared.solve(kind.problems, row.solver);
            int64_t right = 0;
            for (size_t i = 0; i < kind.problems.size(); ++i) {
                const search::Path path{kind.problems[i], solved.results[i].steps,
                                        solved.results[i].finished};
                right += kind.world->solved(path);
            }
            row.shares.push_back(share(row.name + ": " + kind.name, right,
                                       static_cast<int64_t>(kind.problems.size())));
        }
    bool all_fall = true;
    std::string kept;
    const Row* best = &rows[0];
    for (const Row& row : rows) {
        found.numbers.insert(found.numbers.end(), row.shares.begin(), row.shares.end());
        for (size_t k = 1; k < row.shares.size(); ++k) {
            const Interval outside = row.shares[k].interval();
            all_fall = all_fall && outside.high < row.shares[0].interval().low;
            if (kept.empty() && outside.low >= 0.9 * part(row.shares[0])) kept = row.shares[k].name;
        }
        if (left(row) > left(*best)) best = &row;
    }
    for (const Row& row : rows)
        found.numbers.push_back(value(row.name + ": left outside, on average", 100 * left(row),
                                      "% of its share inside"));
    const std::string least = fmt::format("; \"{}\" falls least", best->name);
    if (all_fall) {
        found.verdict = Verdict::holds;
        found.why = "every method solves less of every other kind, beyond doubt" + least;
    } else if (!kept.empty()) {
        found.verdict = Verdict::fails;
        found.why = fmt::format("\"{}\" is solved about as well as inside{}", kept, least);
    } else {
        found.why = "some fall and some may not" + least;
    }
    return found;
}

} // namespace

const Claim domain = {
    9,
    "Nothing leaves the domain: what was not in the class is not solved.",
    "Held-out problems of the class's kind, and with more operands, larger numbers (sums and "
    "differences), brackets within brackets, a division (an operator that the class never saw), "
    "and of another world (equations in one unknown), at the same 600 tokens.",
    "Share solved of each kind by each method, and what is left of the share inside.",
    "Holds if for every method and every other kind the interval is wholly below that of the "
    "class's kind; does not hold if for some method and kind the whole interval is at or above "
    "nine "
    "tenths of the share inside; otherwise undecided.",
    examine_domain};

} // namespace qstar::eval
