// Claim 2: wrong work in the context makes the next answer worse.

#include "engine/base/error.h"
#include "eval/claims/claim_context.h"
#include "eval/claims/written.h"
#include "train/data/problem_source.h"

#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

Findings examine_context(ClaimContext& shared) {
    Findings found;
    if (!shared.needs({"pretrain"}, found)) return found;
    const engine::Gpt& model = shared.model("pretrain");
    const auto problems = shared.problems(shared.size(1000));
    const train::ProblemSource source = train::problem_source_of(shared.options().run, 0);
    BegunSheets wrong, right;
    try {
        const auto begun = [&](bool as) {
            return begun_sheets(shared.world(), source, shared.tokenizer(), problems, as,
                                model.config.context, shared.options().seed);
        };
        wrong = begun(false), right = begun(true);
    } catch (const Error& error) { // no room for them
        found.why = fmt::format("not measured: {}", error.what());
        return found;
    }
    const auto right_after = [&](int items, const BegunSheets& sheets) {
        std::vector<bool> solved;
        for (const search::Path& path : write_greedily(
                 model, shared.tokenizer(),
                 worksheet_prompts(shared.tokenizer(), sheets, items, problems), problems))
            solved.push_back(path.finished && shared.world().solved(path));
        return solved;
    };
    const int64_t n = std::ssize(problems);
    const std::vector<bool> alone = right_after(0, wrong);
    found.numbers.push_back(share("nothing before it", count(alone), n));
    std::vector<bool> worst;
    for (const BegunSheets* sheets : {&wrong, &right})
        for (int items = 1; items <= kMostItems; ++items) {
            const auto solved = right_after(items, *sheets);
            found.numbers.push_back(
                share(fmt::format("after {} {} item{}", items, sheets == &right ? "right" : "wrong",
                                  items > 1 ? "s" : ""),
                      count(solved), n));
            if (sheets == &wrong) worst = solved;
        }
    const Duel repaired = duel(alone, worst);
    found.numbers.push_back(share(
        "of those that exactly one of both solves, with the three wrong items deleted", repaired));
    const Interval gain = repaired.difference(n);
    if (repaired.won()) {
        found.verdict = Verdict::holds;
        found.why = "with three wrong items before them fewer problems are solved than when the "
                    "items are deleted";
    } else if (repaired.lost()) {
        found.verdict = Verdict::fails;
        found.why = "with three wrong items before them more problems are solved than without";
    } else if (gain.low > -kMargin && gain.high < kMargin) {
        found.verdict = Verdict::fails;
        found.why = fmt::format("deleting three wrong items changes {:.1f} to {:.1f} points: less "
                                "than {:.0f} beyond doubt",
                                100 * gain.low, 100 * gain.high, 100 * kMargin);
    } else {
        found.why = "the interval of the share that deleting wins includes one half";
    }
    return found;
}

} // namespace

const Claim context = {
    2,
    "Wrong work in the context makes the next answer worse; deleting it repairs it.",
    "The base model answers held-out problems greedily as the next item of a worksheet with none, "
    "one, two or three items before it, all ending in wrong answers or all in right ones, as the "
    "class wrote them.",
    "Share solved after each context; and three wrong items against the same prompt with the items "
    "deleted, on the same problems.",
    "Of the problems that exactly one of both solves, the share that is solved with the wrong "
    "items deleted: holds if its interval is wholly above one half; does not hold if wholly below, "
    "or if deleting them changes, beyond doubt, less than 5 points of all problems; otherwise "
    "undecided.",
    examine_context};

} // namespace qstar::eval
