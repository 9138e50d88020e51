// Claim 2: wrong work in the context makes the next answer worse.

#include "engine/base/error.h"
#include "eval/claims/claim_context.h"
#include "eval/claims/written.h"
#include "train/data/problem_source.h"

#include <fmt/format.h>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

Findings examine_context(ClaimContext& shared) {
    Findings found;
    if (!shared.needs({"pretrain"}, found)) return found;
    const engine::Gpt& model = shared.model("pretrain");
    const auto problems = shared.problems(shared.size(1000, 150));
    const train::ProblemSource source = train::problem_source_of(shared.options().run, 0);
    const auto prompts_after = [&](int items, bool right) {
        std::vector<std::vector<int>> prompts;
        for (const std::string& problem : problems) {
            const auto before =
                items_before(shared.world(), source, shared.tokenizer(), problem, items, right,
                             model.config.context, shared.options().seed);
            prompts.push_back(worksheet_prompt(shared.tokenizer(), before, problem));
        }
        return prompts;
    };
    const auto right_after = [&](int items, bool right) {
        std::vector<bool> solved;
        for (const search::Path& path :
             write_greedily(model, shared.tokenizer(), prompts_after(items, right), problems))
            solved.push_back(path.finished && shared.world().solved(path));
        return solved;
    };
    try { // the longest first: is there room?
        for (const bool right : {false, true}) prompts_after(kMostItems, right);
    } catch (const Error& error) {
        found.why = fmt::format("not measured: {}", error.what());
        return found;
    }
    const int64_t n = std::ssize(problems);
    const std::vector<bool> alone = right_after(0, false);
    found.numbers.push_back(share("nothing before it", count(alone), n));
    std::vector<bool> worst;
    for (const bool right : {false, true})
        for (int items = 1; items <= kMostItems; ++items) {
            const auto solved = right_after(items, right);
            found.numbers.push_back(
                share(fmt::format("after {} {} item{}", items, right ? "right" : "wrong",
                                  items > 1 ? "s" : ""),
                      count(solved), n));
            if (!right) worst = solved;
        }
    const Duel repaired = duel(alone, worst);
    found.numbers.push_back(share(
        "of those that exactly one of both solves, with the three wrong items deleted", repaired));
    if (repaired.won()) {
        found.verdict = Verdict::holds;
        found.why = "with three wrong items before them fewer problems are solved than when the "
                    "items are deleted";
    } else if (repaired.lost()) {
        found.verdict = Verdict::fails;
        found.why = "with three wrong items before them more problems are solved than without";
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
    "items deleted: holds if its interval is wholly above one half, does not hold if wholly below, "
    "otherwise undecided.",
    examine_context};

} // namespace qstar::eval
