// Claim 11: a shorter pathway.

#include "eval/claims/claim_context.h"
#include "search/problem/world.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>

namespace qstar::eval {

namespace {

Findings examine_pathway(ClaimContext& shared) {
    Findings found;
    if (!shared.needs({"sft", "prm"}, found)) return found;
    const int64_t n = shared.size(1000, 200);
    const auto problems = shared.problems(n);
    if (!shared.world().shortest(problems.at(0))) {
        found.why = "not measured: nobody knows the shortest derivations of this world here";
        return found;
    }
    struct Count {
        int64_t right = 0, shortest = 0, shorter = 0, steps = 0, least = 0;
    };
    const auto count = [&](const Solved& solved) {
        Count c;
        for (size_t i = 0; i < problems.size(); ++i) {
            if (!solved.right[i]) continue;
            const int64_t found_steps = std::ssize(solved.results[i].steps);
            const int64_t least = *shared.world().shortest(problems[i]);
            ++c.right;
            c.shortest += found_steps <= least;
            c.shorter += found_steps < least;
            c.steps += found_steps;
            c.least += least;
        }
        return c;
    };
    const Count greedy = count(shared.solved(n, {}));
    const Count searched =
        count(shared.solved(n, {.method = search::Method::astar, .scorer = "prm"}));
    const auto add = [&](const char* who, const Count& c) {
        const auto right = static_cast<double>(std::max<int64_t>(1, c.right));
        found.numbers.push_back(
            share(fmt::format("{}: right and as short as can be", who), c.shortest, c.right));
        found.numbers.push_back(value(fmt::format("{}: steps of a right solution", who),
                                      static_cast<double>(c.steps) / right, "", 2));
        found.numbers.push_back(value(fmt::format("{}: one operation a step would take", who),
                                      static_cast<double>(c.least) / right, "", 2));
        found.numbers.push_back(value(fmt::format("{}: shorter, several operations in a step", who),
                                      static_cast<double>(c.shorter), "solutions", 0));
    };
    add("A* with the PRM", searched);
    add("greedy", greedy);
    const Interval interval = wilson(searched.shortest, searched.right);
    if (searched.right > 0 && interval.low >= 0.95) {
        found.verdict = Verdict::holds;
        found.why = "nearly all that the search solves, it solves in as few steps as can be";
    } else if (searched.right > 0 && interval.high < 0.95) {
        found.verdict = Verdict::fails;
        found.why = "more than one in twenty of the search's right solutions take a detour";
    } else {
        found.why = "the interval of the shortest ones includes 95 %";
    }
    return found;
}

} // namespace

const Claim pathway = {
    11,
    "The search finds the shortest pathway.",
    "A* with the PRM at 600 tokens on held-out problems; beside it the tuned model's greedy "
    "solutions.",
    "Steps of right solutions against the shortest derivation with one operation a step (a step "
    "may "
    "do several: then it is shorter still).",
    "Of the search's right solutions, the share that takes no more steps than the shortest "
    "derivation: holds if its interval is wholly at or above 95 %, does not hold if wholly below, "
    "otherwise undecided.",
    examine_pathway};

} // namespace qstar::eval
