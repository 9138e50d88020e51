// Claim 4: process supervision beats outcome supervision.

#include "eval/claims/claim_context.h"
#include "eval/studies/best_of_n.h"

#include <cmath>
#include <fmt/core.h>
#include <vector>

namespace qstar::eval {

namespace {

Findings examine_supervision(ClaimContext& shared) {
    Findings found;
    if (!shared.needs({"sft", "orm", "prm"}, found)) return found;
    const auto pools = shared.pools("sft", shared.size(1000));
    const std::vector<Chooser> choosers = {
        {"ORM", Chooser::Rule::best, 0, search::Aggregate::last},
        {"PRM", Chooser::Rule::best, 1, search::Aggregate::minimum}};
    std::vector<int64_t> sizes;
    for (int64_t n = 2; n <= shared.samples(); n *= 2) sizes.push_back(n);
    const auto n = static_cast<int64_t>(pools.size());
    for (const CurvePoint& point : curve_of(pools, choosers, sizes, 100, shared.options().seed))
        found.numbers.push_back(share(fmt::format("best of {}, {}", point.n, point.chooser),
                                      std::llround(point.mean * static_cast<double>(n)), n));
    const Duel process = duel(chosen(pools, false, 1, search::Aggregate::minimum),
                              chosen(pools, false, 0, search::Aggregate::last));
    found.numbers.push_back(
        share(fmt::format("of those that exactly one of both solves at N = {}, the PRM",
                          shared.samples()),
              process));
    if (process.won()) {
        found.verdict = Verdict::holds;
        found.why = "the PRM picks right ones more often than the ORM at the largest N";
    } else if (process.lost()) {
        found.verdict = Verdict::fails;
        found.why = "the ORM picks right ones more often than the PRM at the largest N";
    } else {
        found.why = "at the largest N the interval of the PRM's share includes one half";
    }
    return found;
}

} // namespace

const Claim supervision = {
    4,
    "Process supervision beats outcome supervision.",
    "ORM and PRM learned from the same solutions; of N samples of the tuned model for each "
    "held-out problem each picks one, the PRM by its weakest step, the ORM by its score.",
    "Share solved at each N (mean over 100 shuffles); and, at the largest N, the problems that "
    "exactly one of both solves.",
    "Of the problems that exactly one of both solves at the largest N, the PRM's share: holds if "
    "its interval is wholly above one half, does not hold if wholly below, otherwise undecided.",
    examine_supervision};

} // namespace qstar::eval
