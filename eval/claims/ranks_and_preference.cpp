// Claim 3: ranking suits preferences, not mathematics.

#include "engine/text/json.h"
#include "eval/claims/claim_context.h"

#include <fmt/core.h>
#include <string>

namespace qstar::eval {

namespace {

Findings examine_ranks_and_preference(ClaimContext& shared) {
    Findings found;
    const std::string make =
        fmt::format("qstar eval preference-win-rate --run {}", shared.options().run);
    const Json study = shared.study("preference-win-rate");
    const Json *tuned = nullptr, *ranked = nullptr;
    if (!study.is_null())
        for (const Json& row : study.at("rows")) {
            if (row.at("policy") == study.at("tuned")) tuned = &row;
            if (ranked == nullptr && row.at("learned_from") == "ranks") ranked = &row;
        }
    if (tuned == nullptr || ranked == nullptr) {
        found.why = "not measured: it needs a policy that learned from ranks, and its "
                    "win rate";
        found.command = make;
        return found;
    }
    const int64_t n = (*ranked).at("n");
    const auto right = [&](const Json& row) { return row.at("greedy_right").get<int64_t>(); };
    const std::string name = (*ranked).at("policy");
    // A tie is half a problem won; the counts are rounded to whole ones, as preference_win_rate.h
    // does.
    const Number wins = share(
        "preferred by the annotator, ties half",
        static_cast<int64_t>((*ranked).at("wins").get<double>() * static_cast<double>(n) + 0.5), n);
    const Number before = share("tuned model, greedy, right", right(*tuned), n);
    const Number after = share(name + ", greedy, right", right(*ranked), n);
    found.numbers = {wins, before, after};
    found.command = make;
    const bool moved = after.interval().low > before.interval().high;
    const bool liked = wins.interval().low > 0.5;
    if (moved) {
        found.verdict = Verdict::fails;
        found.why = "the policy that learned from ranks also gives more right answers than the "
                    "tuned model";
    } else if (liked) {
        found.verdict = Verdict::holds;
        found.why = "the annotator prefers the policy that learned from ranks, and it is not "
                    "right more often";
    } else {
        found.why = "the ranks moved neither preference nor mathematics beyond doubt";
    }
    return found;
}

} // namespace

const Claim ranks_and_preference = {
    3,
    "Ranking suits preferences, not mathematics.",
    "A simulated annotator with a hidden preference ranked outputs of training problems, DPO "
    "learned from "
    "the ranks; on held-out problems its solutions are held beside the tuned model's.",
    "Share of problems on which the same annotator prefers the policy's solution; and how many "
    "greedy answers of both are right.",
    "Does not hold if the interval of right answers after learning from ranks is wholly above that "
    "of the tuned model; holds if it is not, and the interval of the share that the annotator "
    "prefers is wholly above one half; otherwise undecided.",
    examine_ranks_and_preference};

} // namespace qstar::eval
