// Claim 1: next-token prediction imitates those who wrote the text.

#include "eval/claims/claim_context.h"
#include "eval/claims/written.h"
#include "train/data/problem_source.h"

#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::eval {

const train::Pupil* usual_pupil(const train::ProblemSource& source) {
    const train::Pupil* most = nullptr;
    for (const train::Pupil& pupil : source.pupils)
        if (pupil.name != "expert" && (most == nullptr || pupil.share > most->share)) most = &pupil;
    return most;
}

namespace {

Findings examine_imitation(ClaimContext& shared) {
    Findings found;
    if (!shared.needs({"pretrain", "orm", "prm"}, found)) return found;
    const auto pools = shared.pools("pretrain", shared.size(300, 200));
    std::vector<std::string> problems;
    for (const Pool& pool : pools) problems.push_back(pool.problem);
    const Solved& greedy = shared.solved(std::ssize(problems), {.policy = "pretrain"});

    const train::ProblemSource source = train::problem_source_of(shared.options().run);
    const train::Pupil& pupil = *usual_pupil(source);
    int64_t wrong = 0, pupils = 0;
    for (size_t i = 0; i < problems.size(); ++i) {
        if (greedy.right[i]) continue;
        ++wrong;
        Random random(shared.options().seed, "claims/imitation/" + problems[i]);
        const search::Path path{problems[i], source.solve(pupil, problems[i], random), true};
        pupils += shared.world().canonical_answer(shared.world().answer_of(path)) ==
                  shared.world().canonical_answer(greedy.results[i].answer);
    }
    const std::vector<bool> scored = chosen(pools, true, 1, search::Aggregate::product);
    int64_t any = 0;
    for (const Pool& pool : pools) {
        bool right = false;
        for (const PoolSample& sample : pool.samples) right = right || sample.right;
        any += right;
    }
    const Duel recovered = duel(scored, greedy.right);
    const Number copies =
        share(fmt::format("of its wrong answers, those of the usual pupil ({})", pupil.name),
              pupils, wrong);
    const int64_t n = std::ssize(problems);
    found.numbers = {
        share("base model, greedy", greedy.count(), n), copies,
        share(fmt::format("base model, {} samples, vote weighted by the PRM", shared.samples()),
              count(scored), n),
        share("any of the samples right", any, n),
        share("of those that exactly one of both solves, samples and PRM", recovered)};
    const bool imitates = copies.interval().low > 0.5;
    if (imitates && recovered.won()) {
        found.verdict = Verdict::holds;
        found.why = "most of the base model's mistakes are the usual pupil's own, and samples of "
                    "the same model with a scorer solve more";
    } else if (copies.interval().high < 0.5 || recovered.lost()) {
        found.verdict = Verdict::fails;
        found.why = copies.interval().high < 0.5
                        ? "most of the base model's mistakes are not the usual pupil's"
                        : "samples with a scorer solve less than the likeliest answer";
    } else {
        found.why = "an interval includes one half";
    }
    return found;
}

} // namespace

const Claim imitation = {
    1,
    "Next-token prediction on a corpus of mostly bad solvers imitates the bad solvers; the "
    "information to do better is in it all the same.",
    "The base model answers held-out problems greedily; and it is sampled, and the PRM weighs a "
    "vote over the answers.",
    "Of its wrong answers, the share that is to the letter what the most usual pupil of the class "
    "answers; and whether samples and scorer solve more than the likeliest answer.",
    "Holds if the usual pupil's share of the wrong answers, and the scorer's share of the problems "
    "that exactly one of both solves, have intervals wholly above one half; does not hold if one "
    "of them lies wholly below; otherwise undecided.",
    examine_imitation};

} // namespace qstar::eval
