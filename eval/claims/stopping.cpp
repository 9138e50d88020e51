// Claim 6: one can stop at a bad step.

#include "eval/claims/claim_context.h"
#include "eval/studies/early_stop.h"
#include "train/data/label_steps.h"
#include "train/data/labels.h"

#include <algorithm>
#include <cstddef>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

// The pools scored by the verifier: 1 until the first wrong step, 0 from there on.
std::vector<Pool> as_the_verifier_knows(const search::World& world, std::vector<Pool> pools) {
    for (Pool& pool : pools)
        for (PoolSample& sample : pool.samples) {
            if (!sample.path.finished) continue;
            const size_t wrong = train::first_wrong_step(
                train::label_steps(world, {pool.problem, sample.path.steps, true}).labels);
            std::vector<float> scores(sample.path.steps.size(), 1);
            if (wrong > 0)
                std::fill(scores.begin() + static_cast<ptrdiff_t>(wrong) - 1, scores.end(), 0.0f);
            sample.scores = {scores};
        }
    return pools;
}

Findings examine_stopping(ClaimContext& shared) {
    Findings found;
    if (!shared.needs({"sft", "orm", "prm"}, found)) return found;
    const auto drawn = shared.pools("sft", shared.size(1000));
    std::vector<Pool> pools(drawn.begin(), drawn.end());
    for (Pool& pool : pools) // the PRM alone
        for (PoolSample& sample : pool.samples) sample.scores.erase(sample.scores.begin());
    const int64_t samples = 16;
    const StopRow all = stop_below(pools, 0, samples);
    const auto saved = [&](const StopRow& row) { return 1 - row.tokens / all.tokens; };
    StopRow half;
    for (const double threshold : {0.0, 0.1, 0.3, 0.5, 0.7, 0.9}) {
        const StopRow row = stop_below(pools, threshold, samples);
        if (threshold == 0.5) half = row;
        const std::string name =
            threshold == 0 ? "written to the end" : fmt::format("given up below {:g}", threshold);
        found.numbers.push_back(share(name + ", solved", row.solved, row.n));
        found.numbers.push_back(value(name + ", tokens a problem", row.tokens, "tokens", 0));
        if (threshold > 0)
            found.numbers.push_back(value(name + ", tokens saved", 100 * saved(row), "%"));
    }
    const StopRow known = stop_below(as_the_verifier_knows(shared.world(), pools), 0.5, samples);
    found.numbers.push_back(value("given up at the first wrong step by the verifier, tokens saved",
                                  100 * saved(known), "%"));
    const bool worse = half.interval.high < all.interval.low;
    if (saved(half) >= 0.1 && !worse) {
        found.verdict = Verdict::holds;
        found.why = "giving up below one half saves a tenth of the tokens or more, and what is "
                    "solved is not fewer beyond doubt";
    } else {
        found.verdict = Verdict::fails;
        found.why =
            worse
                ? "giving up below one half solves fewer problems"
                : fmt::format("giving up below one half saves {:.1f} % of the tokens, less than a "
                              "tenth; to know each first wrong step would save {:.1f} %",
                              100 * saved(half), 100 * saved(known));
    }
    return found;
}

} // namespace

const Claim stopping = {
    6,
    "One can stop at a bad step and save the rest.",
    "Best of 16 by the PRM on held-out problems; a solution is given up after a step that scores "
    "below a threshold (eval/studies/early_stop.h).",
    "Tokens a problem, written and scored, against those of writing everything, and what would be "
    "saved by the verifier; and what is solved.",
    "With the threshold at one half, where the PRM thinks a step more likely wrong than right: "
    "holds if a tenth of the tokens or more is saved and the interval of what is solved is not "
    "wholly below that of writing everything; otherwise it does not hold. (The saving is counted, "
    "not estimated: it has no interval.)",
    examine_stopping};

} // namespace qstar::eval
