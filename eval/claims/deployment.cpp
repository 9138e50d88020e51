// Claim 8: the deployed model no longer runs Q*.

#include "eval/claims/claim_context.h"

#include <fmt/core.h>

namespace qstar::eval {

namespace {

Findings examine_deployment(ClaimContext& shared) {
    Findings found;
    if (!shared.needs({"sft", "distil"}, found)) return found;
    const int64_t n = shared.size(1000, 200);
    const LadderEntry search = teacher_of(shared.options().run);
    const Solved& teacher = shared.solved(n, search);
    const Solved& student = shared.solved(n, {.policy = "distil"});
    int64_t both = 0;
    for (size_t i = 0; i < teacher.right.size(); ++i) both += teacher.right[i] && student.right[i];
    const auto tokens = [&](const Solved& solved) {
        return static_cast<double>(solved.tokens()) / static_cast<double>(n);
    };
    const Number kept =
        share("of what the search solves, solved by the student too", both, teacher.count());
    found.numbers = {share("tuned model, greedy", shared.solved(n, {}).count(), n),
                     share(fmt::format("the teacher: {}, A* with {}", search.policy, search.scorer),
                           teacher.count(), n),
                     share("the student, greedy", student.count(), n),
                     kept,
                     value("the teacher's tokens", tokens(teacher), "a problem", 0),
                     value("the student's tokens", tokens(student), "a problem", 0)};
    if (shared.has("self-play"))
        found.numbers.push_back(share("self-play's policy, greedy",
                                      shared.solved(n, {.policy = "self-play"}).count(), n));
    if (kept.n > 0 && kept.interval().low >= 0.95) {
        found.verdict = Verdict::holds;
        found.why = "the student alone solves nearly all that the search solves";
    } else if (kept.n > 0 && kept.interval().high < 0.95) {
        found.verdict = Verdict::fails;
        found.why = "the student alone loses more than one in twenty of what the search solves";
    } else {
        found.why = "the interval of what the student keeps includes 95 %";
    }
    return found;
}

} // namespace

const Claim deployment = {
    8,
    "The deployed model no longer runs Q*: what the search found is distilled into a policy that "
    "writes one greedy answer.",
    "Teacher (A* with the policy and the scorer that distillation had, 600 tokens) and student "
    "(greedy) on the same held-out problems.",
    "Of the problems that the search solves, the share that the student solves alone.",
    "Holds if the interval of that share is wholly at or above 95 %, does not hold if wholly "
    "below, "
    "otherwise undecided.",
    examine_deployment};

} // namespace qstar::eval
