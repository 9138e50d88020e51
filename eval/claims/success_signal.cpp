// Claim 12: a clear success signal replaces people.

#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "eval/claims/claim_context.h"
#include "train/data/labels.h"
#include "train/expert_iteration/self_play.h"
#include "train/run/old_record.h"
#include "train/supervised/sft.h"

#include <fmt/core.h>
#include <set>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

// The two policies, in a folder for so many problems.
const std::string by_labels = "labels", by_itself = "self-play";

constexpr int64_t kRounds = 2, kSamples = 4; // of this self-play; draws of a problem

// Of the labelled solutions of the first so many problems the right ones.
struct Labelled {
    int64_t problems = 0, solutions = 0;
    std::vector<train::CuratedItem> right;
};
template <class Labels, class Right>
Labelled first_problems(const std::vector<Labels>& all, int64_t problems, Right right) {
    Labelled labelled;
    std::set<std::string> seen;
    for (const Labels& labels : all) {
        seen.insert(labels.problem);
        if (std::ssize(seen) > problems) break;
        labelled.problems = std::ssize(seen);
        ++labelled.solutions;
        if (right(labels)) labelled.right.push_back({labels.problem, labels.steps});
    }
    return labelled;
}

// By their answers, or by all their steps.
Labelled labelled_in(const std::string& path, bool by_steps, int64_t problems) {
    if (!by_steps)
        return first_problems(train::read_outcomes(path), problems,
                              [](const train::OutcomeLabel& label) { return label.right; });
    return first_problems(
        train::read_step_labels(path), problems, [](const train::StepLabels& labels) {
            return labels.finished && labels.labels.size() == labels.steps.size() &&
                   train::first_wrong_step(labels.labels) == 0;
        });
}

// Both learn with the settings of the run's self-play.
train::SelfPlayOptions settings_of(const ClaimContext& shared, const Json& flags,
                                   int64_t problems) {
    train::SelfPlayOptions options;
    options.stage.run = shared.options().run;
    options.stage.seed = shared.options().seed;
    options.stage.quiet = shared.options().quiet;
    options.stage.study = fmt::format("claims/{}", problems);
    options.loop.lr = flags.at("lr");
    options.loop.batch = flags.at("batch");
    options.loop.optimizer = flags.value("optimizer", options.loop.optimizer);
    options.loop.muon_lr = flags.value("muon-lr", options.loop.muon_lr);
    options.epochs = flags.at("epochs");
    options.loop.warmup = 5; // rounds are short
    options.supervision = flags.value("supervision", options.supervision);
    options.decay = flags.value("decay", options.decay);
    options.q.explore = {kSamples, 0, flags.value("explore", 1.0)};
    return options;
}

std::string stage_of(const train::SelfPlayOptions& options, const std::string& name) {
    return options.stage.study + "/" + name;
}

// Imitates the right solutions. Passed over if it was done. What was labelled.
Labelled learn_from_labels(const train::SelfPlayOptions& options, int64_t problems) {
    const std::string run = options.stage.run;
    const bool by_steps = options.supervision == "process";
    const std::string path =
        train::stage_file(run, "label", by_steps ? "steps.jsonl" : "outcomes.jsonl");
    Labelled labelled = labelled_in(path, by_steps, problems);
    train::Stage learning(
        options.stage, by_labels,
        Json{{"items", labelled.right.size()}, {"inputs", {{"labels", train::input(path)}}}});
    if (!learning.done())
        train::imitate(options.loop, options.epochs, learning, train::load_model(run, "sft"),
                       train::model_path(run, "sft"), labelled.right, path);
    return labelled;
}

// Plays in rounds, each with the policy of the one before. How many roll-outs were judged.
int64_t play(train::SelfPlayOptions options, int64_t problems) {
    options.rounds = kRounds;
    options.problems = problems / kRounds;
    options.restart = false;
    options.guided = false;
    options.dev_problems = 50;
    train::self_play(options);
    const Json done =
        read_json(train::stage_file(options.stage.run, stage_of(options, by_itself), "done.json"))
            .value;
    int64_t judged = 0;
    for (const Json& round : done.at("result").at("rounds"))
        judged += round.value("judged", int64_t{0});
    return judged;
}

Findings examine_success_signal(ClaimContext& shared) {
    Findings found;
    if (!shared.needs({"sft", "self-play"}, found)) return found;
    const Json done = shared.file("self-play/done.json");
    if (done.is_null() || shared.file("labels/done.json").is_null()) {
        found.why = "not measured: this run has no labels, or self-play is not finished";
        found.command = fmt::format("qstar train label --run {}", shared.options().run);
        return found;
    }
    const int64_t n = shared.size(4000), problems = shared.size(16'000, 4000);
    const train::SelfPlayOptions options =
        settings_of(shared, train::by_flags(done.at("flags")), problems);
    const Labelled labelled = learn_from_labels(options, problems);
    const int64_t judged = play(options, labelled.problems);
    const Solved& tuned = shared.solved(n, {});
    const Solved& played = shared.solved(n, {.policy = stage_of(options, by_itself)});
    const Solved& taught = shared.solved(n, {.policy = stage_of(options, by_labels)});
    const Duel alone = duel(played.right, taught.right);
    const Interval gain = alone.difference(n);
    found.numbers = {share("tuned model, greedy", tuned.count(), n),
                     share("self-play, greedy", played.count(), n),
                     share("learned from labels, greedy", taught.count(), n),
                     share("of those that exactly one of both solves, self-play", alone),
                     value("labelled", static_cast<double>(labelled.solutions), "solutions", 0),
                     value("asked, of each", static_cast<double>(labelled.problems), "problems", 0),
                     value("judged for self-play", static_cast<double>(judged), "roll-outs", 0)};
    const std::string more = fmt::format("self-play solves {:.1f} to {:.1f} points more than what "
                                         "learned from labels of as many problems",
                                         100 * gain.low, 100 * gain.high);
    if (alone.won() || gain.low > -kMargin) {
        found.verdict = Verdict::holds;
        found.why = more;
    } else if (alone.lost()) {
        found.verdict = Verdict::fails;
        found.why = "what learned from labels of as many problems solves more than self-play";
    } else {
        found.why = more;
    }
    return found;
}

} // namespace

const Claim success_signal = {
    12,
    "A clear success signal replaces people: self-play from the verifier alone does as much as "
    "labels.",
    "Two policies from the tuned model, with the settings of the run's self-play and four draws of "
    "each of as many problems: one imitates what was labelled as right, the other plays by itself "
    "in two rounds. Both answer held-out problems greedily.",
    "Share solved; and the problems that exactly one of both solves.",
    "By the interval of self-play's share of the problems that exactly one of both solves: holds "
    "if it is wholly above one half, or leaves no room for 5 points of all problems fewer; does "
    "not hold if it is wholly below otherwise; undecided if neither.",
    examine_success_signal};

} // namespace qstar::eval
