// Lesson 4: learning from ranks, the price of leaving the reference, and one step of PPO by hand.

#include "eval/lessons/experiments/experiment.h"
#include "eval/lessons/experiments/ppo_by_hand.h"
#include "train/rl/episodes.h"
#include "train/rl/kl.h"
#include "train/rl/minibatch.h"

#include <string>
#include <utility>

namespace qstar::eval::lessons {

namespace {

Values examine_leaving(LessonRun& run, const Given& given) {
    const auto problems = run.problems(run.size(150, 30));
    const int64_t n = std::ssize(problems);
    engine::Gpt &dpo = run.model("dpo"), &sft = run.model("sft");
    Values values;
    run.tell(0.05, "both policies write");
    const auto drawn = train::roll_out(dpo, run.tokenizer(), problems, 1, kMostWritten, run.seed(),
                                       hash_name("lesson/kl"));
    const auto of_sft = train::roll_out(sft, run.tokenizer(), problems, 1, kMostWritten, run.seed(),
                                        hash_name("lesson/kl/sft"));
    const auto offsets = train::offsets_of(drawn);
    const auto p = sums_of(train::token_probs(dpo, drawn).log_prob, offsets);
    const auto q = sums_of(train::token_probs(sft, drawn).log_prob, offsets);
    double kl = 0;
    int64_t right = 0, right_sft = 0;
    size_t example = 0;
    for (size_t i = 0; i < drawn.size(); ++i) {
        kl += train::k1(p[i], q[i]) / static_cast<double>(drawn.size());
        right += run.world().solved(drawn[i].path);
        right_sft += run.world().solved(of_sft[i].path);
        // The dearest one.
        if (drawn[i].path.finished && p[i] - q[i] > p[example] - q[example]) example = i;
    }
    run.tell(0.4, "both write greedily");
    const Measured greedy = run.solve(problems, {.policy = "dpo"}, 0);
    const Measured greedy_sft = run.solve(problems, {.policy = "sft"}, 0);
    Grid grid{{"policy", "right, drawn, %", "right, greedy, %"}, {}};
    grid.rows = {{"tuned model", share_text(right_sft, n), share_text(greedy_sft.solved, n)},
                 {"after DPO on ranks", share_text(right, n), share_text(greedy.solved, n)}};
    values.set("table", std::move(grid));
    values.set("n", static_cast<double>(n));
    values.set("kl", kl, 2);
    values.set("greedy", static_cast<double>(greedy.solved));
    values.set("greedy_sft", static_cast<double>(greedy_sft.solved));
    values.set("apart", static_cast<double>(apart(greedy.interval, greedy_sft.interval)));
    const double beta = run.flags("dpo").value("beta", 0.5);
    const double paid = run.world().solved(drawn[example].path) ? 1 : 0;
    const double log_p = rounded(p[example], 2), log_q = rounded(q[example], 2);
    const double ratio = log_p - log_q;
    values.set("beta", beta, decimals_in(beta));
    values.set("problem", drawn[example].path.problem);
    values.set("solution", in_words(drawn[example].path.steps));
    values.set("log_p", log_p, 2);
    values.set("log_q", log_q, 2);
    values.set("log_ratio", ratio, 2);
    values.set("paid", paid);
    values.set("priced", paid - beta * ratio, 2);
    values.set("twice", paid - 2 * beta * ratio, 2);
    const Json study = run.study("preference-win-rate");
    if (study.is_object() && study.contains("rows")) {
        for (const Json& row : study["rows"])
            if (row.value("policy", "") == "dpo" && row.contains("kl"))
                values.set("study_kl", row["kl"].get<double>(), 2);
    }
    ppo_values(run, given, values);
    return values;
}

constexpr std::string_view kNeedsOfLeavingTheReference[] = {"dpo"};

} // namespace

const Experiment leaving_the_reference = {"leaving-the-reference", kNeedsOfLeavingTheReference,
                                          next_preference, examine_leaving};

} // namespace qstar::eval::lessons
