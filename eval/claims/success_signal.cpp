// Claim 12: a clear success signal replaces people.

#include "engine/text/jsonl.h"
#include "eval/claims/claim_context.h"
#include "train/data/labels.h"
#include "train/expert_iteration/self_play.h"
#include "train/run/old_record.h"
#include "train/supervised/sft.h"

#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

const std::string stage = "claims-labels"; // the policy that learned from labels

// How many solutions the verifier judged for self-play: roll-outs, and what searches found.
int64_t judgements(const Json& done) {
    int64_t judged = 0;
    for (const Json& round : done.at("result").at("rounds"))
        judged += round.value("judged", int64_t{0});
    return judged;
}

// The right ones of the first `count` labelled solutions: by their answers, or by all their steps.
std::vector<train::CuratedItem> right_ones(const std::string& path, bool by_steps, int64_t count) {
    std::vector<train::CuratedItem> items;
    if (by_steps) {
        for (const train::StepLabels& labels : train::read_step_labels(path)) {
            if (count-- <= 0) break;
            const bool whole = labels.finished && labels.labels.size() == labels.steps.size();
            if (whole && train::first_wrong_step(labels.labels) == 0)
                items.push_back({labels.problem, labels.steps});
        }
        return items;
    }
    for (const train::OutcomeLabel& label : train::read_outcomes(path)) {
        if (count-- <= 0) break;
        if (label.right) items.push_back({label.problem, label.steps});
    }
    return items;
}

// Imitates them, with self-play's own settings. Passed over if it was done.
void learn_from_labels(ClaimContext& shared, const Json& flags, int64_t labels) {
    const std::string run = shared.options().run;
    const bool by_steps = flags.value("supervision", "outcome") == "process";
    const std::string path =
        train::stage_file(run, "label", by_steps ? "steps.jsonl" : "outcomes.jsonl");
    const std::vector<train::CuratedItem> items = right_ones(path, by_steps, labels);
    train::SelfPlayOptions options; // for its learning rate and the rest
    options.stage.run = run;
    options.stage.seed = shared.options().seed;
    options.stage.quiet = shared.options().quiet;
    options.loop.lr = flags.at("lr");
    options.epochs = flags.at("epochs");
    train::Stage learning(
        options.stage, stage,
        Json{{"items", items.size()}, {"inputs", {{"labels", train::input(path)}}}});
    if (!learning.done())
        train::imitate(options.loop, options.epochs, learning, shared.model("sft"),
                       train::model_path(run, "sft"), items, path);
}

Findings examine_success_signal(ClaimContext& shared) {
    Findings found;
    if (!shared.needs({"sft", "self-play"}, found)) return found;
    const Json done = shared.file("self-play/done.json");
    const Json labelled = shared.file("labels/done.json");
    if (done.is_null() || labelled.is_null()) {
        found.why = "not measured: this run has no labels, or self-play is not finished";
        found.command = fmt::format("qstar train label --run {}", shared.options().run);
        return found;
    }
    const Json flags = train::by_flags(done.at("flags"));
    const int64_t asked = judgements(done);
    if (labelled.at("result").at("solutions").get<int64_t>() < asked) {
        found.why = "not measured: there are fewer labelled solutions than self-play asked for";
        found.command = fmt::format("qstar train sample --run {}", shared.options().run);
        return found;
    }
    if (shared.options().quick && !shared.has(stage)) {
        found.why = "not measured at the quick size: a policy has to be trained on the labels";
        found.command = fmt::format("qstar eval claims --only 12 --run {}", shared.options().run);
        return found;
    }
    learn_from_labels(shared, flags, asked);
    const int64_t n = shared.size(1000, 200);
    const Solved& tuned = shared.solved(n, {});
    const Solved& play = shared.solved(n, {.policy = "self-play"});
    const Solved& labels = shared.solved(n, {.policy = stage});
    const Duel alone = duel(play.right, labels.right);
    found.numbers = {share("tuned model, greedy", tuned.count(), n),
                     share("self-play, greedy", play.count(), n),
                     share("learned from labels, greedy", labels.count(), n),
                     share("of those that exactly one of both solves, self-play", alone),
                     value("judgements, of each", static_cast<double>(asked), "solutions", 0)};
    if (alone.won()) {
        found.verdict = Verdict::holds;
        found.why = "self-play solves more than learning from as many labels";
    } else if (alone.lost()) {
        found.verdict = Verdict::fails;
        found.why = "learning from as many labels solves more than self-play";
    } else {
        found.why = "the interval of self-play's share includes one half";
    }
    return found;
}

} // namespace

const Claim success_signal = {
    12,
    "A clear success signal replaces people: self-play from the verifier alone does as much as "
    "labels.",
    "Self-play's policy, whose only teacher is the verifier; and a policy that imitates the right "
    "ones of equally many labelled solutions, from the same start with the same settings. Both "
    "answer held-out problems greedily.",
    "Share solved; and the problems that exactly one of both solves.",
    "Of the problems that exactly one of both solves, self-play's share: holds if its interval is "
    "wholly above one half, does not hold if wholly below, otherwise undecided.",
    examine_success_signal};

} // namespace qstar::eval
