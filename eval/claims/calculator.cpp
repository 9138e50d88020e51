// Claim 10: a calculator in symbolic language.

#include "eval/claims/claim_context.h"
#include "eval/measure/energy.h"
#include "search/worlds/arithmetic/expression.h"

#include <algorithm>
#include <fmt/core.h>
#include <optional>
#include <string>

namespace qstar::eval {

namespace {

Findings examine_calculator(ClaimContext& shared) {
    Findings found;
    if (shared.world().name() != "arithmetic") {
        found.why = "not measured: the experiment is made of arithmetic, and this run is not";
        return found;
    }
    if (!shared.needs({"sft", "prm"}, found)) return found;
    const int64_t n = shared.size(1000, 200);
    const auto problems = shared.problems(n);
    // Anew, whatever another claim has solved: its energy is measured.
    const std::optional<double> before = joules();
    const Solved searched =
        shared.solve(problems, {.method = search::Method::astar, .scorer = "prm"});
    const std::optional<double> after = joules();
    double direct = 0;
    for (const std::string& problem : problems)
        direct += search::operations(search::parse_expression(problem));
    // A forward pass takes two operations for each parameter and token (Kaplan et al. 2020). Of
    // both models the smaller one counts, so this is a lower bound.
    const auto parameters = static_cast<double>(shared.model("sft").parameter_count());
    const auto solved = static_cast<double>(std::max<int64_t>(1, searched.count()));
    const double operations = 2 * parameters * static_cast<double>(searched.tokens()) / solved;
    const double per_problem = direct / static_cast<double>(n);
    const Number agrees =
        share("A* with the PRM says what the evaluator says", searched.count(), n);
    found.numbers = {agrees,
                     value("operations a solved problem, at least", operations / 1e6, "million", 1),
                     value("operations of a direct evaluator", per_problem, "a problem", 2),
                     value("their ratio", operations / per_problem / 1e6, "million", 1)};
    if (before && after && *after > *before)
        found.numbers.push_back(
            value("energy of the processor", (*after - *before) / solved, "J a solved problem", 3));
    const std::string energy = before && after ? "" : "; the energy counter cannot be read here";
    const bool dear = operations >= 1000 * per_problem;
    if (agrees.interval().low >= 0.99 && dear) {
        found.verdict = Verdict::holds;
        found.why = "it says what the evaluator says, at more than a thousand times the operations";
    } else if (agrees.interval().high < 0.99 || !dear) {
        found.verdict = Verdict::fails;
        found.why = dear ? "it says something else than the evaluator too often to be a calculator"
                         : "it takes fewer than a thousand times the operations";
    } else {
        found.why = "the interval of the agreement includes 99 %";
    }
    found.why += energy;
    return found;
}

} // namespace

const Claim calculator = {
    10,
    "What comes out is a calculator in symbolic language: it says what a direct evaluator says, "
    "and pays for it a thousandfold and more.",
    "A* with the PRM at 600 tokens, and the world's own evaluator, on the same held-out problems.",
    "Share of equal values; operations a solved problem, two for each of the policy's parameters "
    "and each token (a lower bound), against the evaluator's + - * /; joules where the processor's "
    "counter can be read.",
    "Holds if the interval of agreement is wholly at or above 99 % and the operations are a "
    "thousand "
    "times the evaluator's or more; does not hold if the interval is wholly below 99 % or the "
    "ratio "
    "smaller; otherwise undecided.",
    examine_calculator};

} // namespace qstar::eval
