// Claim 7: Q* closes the rest.

#include "engine/text/json.h"
#include "eval/claims/claim_context.h"

#include <fmt/core.h>
#include <string>

namespace qstar::eval {

namespace {

// From the run's ladder, if it is of the same problems; else measured.
Number from_ladder(ClaimContext& shared, const std::string& name, const std::string& method,
                   int64_t n, const LadderEntry& solver) {
    const Json ladder = shared.study("ladder");
    if (!ladder.is_null() && ladder.at("seed") == shared.options().seed &&
        ladder.at("split") == "test" && ladder.at("problems") == n && ladder.at("policy") == "sft")
        for (const Json& row : ladder.at("rows"))
            if (row.at("method") == method &&
                (row.at("budget") == 0 || row.at("budget") == kClaimsBudget))
                return share(name, row.at("solved").get<int64_t>(), row.at("n").get<int64_t>());
    return share(name, shared.solved(n, solver).count(), n);
}

Findings examine_staircase(ClaimContext& shared) {
    using search::Aggregate, search::Method;
    Findings found;
    if (!shared.needs({"pretrain", "sft", "orm", "prm"}, found)) return found;
    // Where the ladder was measured on as many problems, it costs nothing more.
    const Json ladder = shared.study("ladder");
    int64_t n = shared.size(1000, 200);
    const int64_t measured = ladder.is_null() ? 0 : ladder.at("problems").get<int64_t>();
    if (measured > n && measured <= 1000) n = measured;
    const Number base =
        from_ladder(shared, "base model, greedy", "base model, greedy", n, {.policy = "pretrain"});
    const Number majority =
        from_ladder(shared, "majority", "majority", n, {.method = Method::majority});
    const std::string judge = shared.outcome_model();
    const char* by_outcome = judge == "orm" ? "best of N, ORM" : "best of N, generative ORM";
    const Number orm = from_ladder(shared, by_outcome, by_outcome, n,
                                   {.method = Method::best_of_n, .scorer = judge});
    const Number prm = from_ladder(
        shared, "best of N, PRM", "best of N, PRM (minimum)", n,
        {.method = Method::best_of_n, .scorer = "prm", .aggregate = Aggregate::minimum});
    const Number astar =
        from_ladder(shared, "A*, PRM", "A*, PRM", n, {.method = Method::astar, .scorer = "prm"});
    found.numbers = {base, majority, orm, prm, astar};
    // Q* is A* whose h is a learned Q; both it and the policy are self-play's.
    if (!shared.has("self-play") || !shared.has("q-self-play")) {
        found.why = "not measured: Q* needs self-play's policy and its Q";
        found.command = fmt::format("qstar train self-play --run {}", shared.options().run);
        return found;
    }
    const Solved& searched =
        shared.solved(n, {.method = Method::qstar, .policy = "self-play", .scorer = "q-self-play"});
    const Number qstar = share("Q*, self-play's policy and Q", searched.count(), n);
    found.numbers.push_back(qstar);
    found.numbers.push_back(value("Q*, tokens a problem",
                                  static_cast<double>(searched.tokens()) / static_cast<double>(n),
                                  "tokens", 0));
    const auto part = [](const Number& number) {
        return static_cast<double>(number.solved) / static_cast<double>(number.n);
    };
    const bool stairs = part(base) <= 0.5 && part(prm) >= 0.78;
    if (n >= 1000 && stairs && part(qstar) >= 0.995) {
        found.verdict = Verdict::holds;
        found.why = "every stair is as high as it was asked to be";
    } else if (qstar.interval().high < 0.995) {
        found.verdict = Verdict::fails;
        found.why = "Q* stays below 99.5 %, beyond doubt";
    } else {
        found.why = n < 1000 ? "fewer than 1000 problems cannot tell"
                             : "a stair misses what was asked of it, or the interval of Q* "
                               "includes 99.5 %";
    }
    return found;
}

} // namespace

const Claim staircase = {
    7,
    "Q* closes the rest of the gap: base, majority, ORM, PRM, Q* are stairs, and the last one ends "
    "at the top.",
    "All of them on the same held-out problems with at most 600 model tokens each (the base model "
    "writes one solution); the ladder's rows where the run has them.",
    "Share solved.",
    "Holds if, on 1,000 problems or more, Q* solves 99.5 % or more while the PRM's best of N "
    "solves "
    "78 % or more and the base model 50 % or less; does not hold if the interval of Q* is wholly "
    "below 99.5 %; otherwise undecided.",
    examine_staircase};

} // namespace qstar::eval
