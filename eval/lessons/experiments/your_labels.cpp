// Lesson 6: twenty labels of your own, the PRM that learns from them, and one that learns from the
// verifier's labels of the same solutions.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "eval/lessons/experiments/experiment.h"
#include "eval/lessons/experiments/small_prm.h"
#include "train/data/label_steps.h"
#include "train/run/batches.h"

#include <algorithm>
#include <fmt/core.h>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace qstar::eval::lessons {

namespace {

using search::Label;

constexpr size_t kLabelsAsked = 20;
constexpr double kUsualError = 0.1; // of the labels that `auto` gives

Label label_of(const std::string& key) {
    return key == "g" ? Label::right : key == "n" ? Label::neutral : Label::wrong;
}
std::string word_of(Label label) {
    return label == Label::right ? "good" : label == Label::neutral ? "neutral" : "bad";
}

// Solutions of training problems in an order of chance, right and wrong ones by turns.
std::vector<train::SampledSolution> to_label(LessonRun& run) {
    const auto& samples = run.samples();
    std::vector<size_t> order(samples.size());
    std::iota(order.begin(), order.end(), size_t{0});
    Random random(run.seed(), "lesson/label/order");
    for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    std::vector<train::SampledSolution> chosen, others;
    bool right = true;
    for (const size_t i : order) {
        const train::SampledSolution& one = samples[i];
        if (!one.finished || one.steps.empty() || train::validation_problem(one.problem)) continue;
        const bool is = run.world().solved({one.problem, one.steps, true});
        if (one.steps.size() < 2 || is != right) {
            if (others.size() < kLabelsAsked) others.push_back(one);
            continue;
        }
        chosen.push_back(one);
        right = !right;
        if (chosen.size() == kLabelsAsked) return chosen; // enough if each has a label
    }
    // A run with few of one kind: what there is.
    chosen.insert(chosen.end(), others.begin(), others.end());
    if (chosen.empty())
        fail("{}: no finished solution to label: run `qstar train sample --run {}` on a better "
             "model",
             run.run(), run.run());
    return chosen;
}

// Where the labels so far lead to: those of each solution, and which step is next.
struct Labelling {
    std::vector<train::SampledSolution> solutions;
    std::vector<std::vector<Label>> labels; // of the first of them
    size_t solution = 0, step = 0;
    bool over = false;
};
Labelling labelling(LessonRun& run, const Given& given) {
    Labelling at{to_label(run), {}, 0, 0, false};
    for (size_t i = 0; i < given.size() && i < kLabelsAsked && !at.over; ++i) {
        if (at.step == 0) at.labels.emplace_back();
        const Label label = label_of(given[i]);
        at.labels.back().push_back(label);
        const bool ends =
            label == Label::wrong || ++at.step == at.solutions[at.solution].steps.size();
        if (!ends) continue;
        at.step = 0;
        at.over = ++at.solution == at.solutions.size();
    }
    at.over = at.over || given.size() >= kLabelsAsked;
    return at;
}

Label truth(LessonRun& run, const train::SampledSolution& solution, size_t step) {
    const search::Path path =
        search::beginning({solution.problem, solution.steps, solution.finished}, step);
    return run.world().check_step(path, solution.steps[step],
                                  step + 1 == solution.steps.size() && solution.finished);
}

std::optional<Turn> next_label(LessonRun& run, const Given& given) {
    const Labelling at = labelling(run, given);
    if (at.over) return {};
    const train::SampledSolution& solution = at.solutions[at.solution];
    Turn turn;
    turn.lines = {fmt::format("Label {} of {}. Under {} somebody wrote:", given.size() + 1,
                              kLabelsAsked, solution.problem)};
    turn.grid = Grid{{"step", "line", "label"}, {}};
    for (size_t i = 0; i <= at.step; ++i)
        turn.grid->rows.push_back({fmt::format("{}", i + 1), solution.steps[i],
                                   i < at.step ? word_of(at.labels.back()[i]) : "?"});
    turn.choices = {{"g", "good: it follows from the line before"},
                    {"n", "neutral: true, but it gets nowhere"},
                    {"b", "bad: it is wrong"}};
    Random random(run.seed(), fmt::format("lesson/label/{}", given.size()));
    const bool errs = random.uniform() < kUsualError;
    const Label label = truth(run, solution, at.step);
    turn.usual = (label == Label::wrong) != errs ? "b" : label == Label::neutral ? "n" : "g";
    return turn;
}

// A file of labels in PRM800K's form.
std::string write_labels(LessonRun& run, const std::string& who,
                         const std::vector<train::LabelledSolution>& labelled) {
    std::vector<Json> lines;
    for (const auto& one : labelled) lines.push_back(train::prm800k_json(one));
    make_folders(run.folder());
    std::string file = join_path(run.folder(), "labels-" + who + ".jsonl");
    write_jsonl(file, lines);
    return file;
}

// A solution as a PRM reads it.
struct Rated {
    Grid grid{{"step", "line", "the run's PRM says"}, {}};
    std::string factors; // "0.98 * 0.12"
    double product = 1, minimum = 1;
};
Rated rated(search::GptScorer& prm, const train::StepLabels& solution) {
    const search::Path path{solution.problem, solution.steps, solution.finished};
    const auto scores = prm.score({&path, 1})[0].steps;
    Rated said;
    for (size_t i = 0; i < scores.size(); ++i) {
        const int decimals = decimals_of(double{scores[i]});
        const double score = rounded(double{scores[i]}, decimals);
        const std::string text = written(score, decimals);
        said.grid.rows.push_back({fmt::format("{}", i + 1), solution.steps[i], text});
        said.factors += (i > 0 ? " * " : "") + text;
        said.product *= score;
        said.minimum = std::min(said.minimum, score);
    }
    return said;
}

// One solution for the formula and one to be read by the student, of two steps or more: the wrong
// ones that this PRM doubts least, those that err after their first step before others.
void example_values(search::GptScorer& prm, const std::vector<train::StepLabels>& held_out,
                    Values& values) {
    std::vector<std::pair<double, const train::StepLabels*>> wrong;
    for (const auto& one : held_out) {
        const size_t first = train::first_wrong_step(one.labels);
        if (first > 0 && one.steps.size() > 1)
            wrong.emplace_back(rated(prm, one).product + (first > 1 ? 1 : 0), &one);
    }
    std::stable_sort(wrong.begin(), wrong.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    const train::StepLabels* const found = wrong.empty() ? &held_out.front() : wrong[0].second;
    const train::StepLabels* const other = wrong.size() > 1        ? wrong[1].second
                                           : found == &held_out[0] ? &held_out.back()
                                                                   : &held_out[0];
    Rated example = rated(prm, *found), asked = rated(prm, *other);
    values.set("example", std::move(example.grid));
    values.set("example_problem", found->problem);
    values.set("product", example.factors);
    values.set("product_value", example.product, decimals_of(example.product));
    values.set("minimum", example.minimum, decimals_of(example.minimum));
    Grid lines{{"step", "line"}, {}};
    for (size_t i = 0; i < other->steps.size(); ++i)
        lines.rows.push_back({fmt::format("{}", i + 1), other->steps[i]});
    values.set("asked", std::move(lines));
    values.set("rated", std::move(asked.grid));
    values.set("asked_product", asked.product, decimals_of(asked.product));
    values.set("asked_problem", other->problem);
    values.set("first_wrong", static_cast<double>(train::first_wrong_step(other->labels)));
}

Values examine_labels(LessonRun& run, const Given& given) {
    const Labelling at = labelling(run, given);
    Values values;
    Grid grid{{"problem", "step", "line", "you", "verifier"}, {}};
    std::vector<train::LabelledSolution> yours, verifier;
    int64_t asked = 0, agreed = 0;
    for (size_t i = 0; i < at.labels.size(); ++i) {
        const train::SampledSolution& whole = at.solutions[i];
        train::SampledSolution solution = whole;
        if (at.labels[i].size() < whole.steps.size() && at.labels[i].back() != Label::wrong) {
            solution.steps.resize(at.labels[i].size()); // the twentieth label was within it
            solution.finished = false;
        }
        for (size_t step = 0; step < at.labels[i].size(); ++step) {
            const Label right = truth(run, whole, step);
            ++asked;
            agreed += (right == Label::wrong) == (at.labels[i][step] == Label::wrong);
            grid.rows.push_back({whole.problem, fmt::format("{}", step + 1), whole.steps[step],
                                 word_of(at.labels[i][step]), word_of(right)});
        }
        yours.push_back({solution, run.world().answer(solution.problem), at.labels[i]});
        verifier.push_back(train::label_steps(run.world(), solution));
    }
    if (yours.empty()) fail("there are no labels to learn from");
    values.set("table", std::move(grid));
    values.set("labels", static_cast<double>(asked));
    values.set("agreed", static_cast<double>(agreed));

    std::vector<train::StepLabels> held_out;
    const auto most = static_cast<size_t>(run.size(400, 60));
    for (train::StepLabels& one : train::read_step_labels(run.file("label", "steps.jsonl"))) {
        if (train::validation_problem(one.problem) && held_out.size() < most)
            held_out.push_back(std::move(one));
    }
    if (held_out.size() < 2)
        fail("{}: too few labelled solutions to measure by: run `qstar train sample --run {}` for "
             "more problems",
             run.run(), run.run());
    const Json record = read_json(run.file("prm", "done.json")).value;
    const int64_t learned = record["result"].value("solutions", int64_t{0});
    bool any_right = false, any_wrong = false;
    for (const train::StepLabels& one : held_out)
        for (const Label label : one.labels) (label == Label::wrong ? any_wrong : any_right) = true;
    if (!any_right || !any_wrong)
        values.set("one_kind", std::string(any_right ? "right" : "wrong"));
    const bool pairs = any_right && any_wrong;
    const PrmKind kind = prm_kind(run);
    Grid prms{{"PRM", "learned from", "right before wrong (AUC), %", "on the right side of 1/2, %"},
              {}};
    const auto add = [&](const std::string& name, const std::string& from, const std::string& key,
                         search::GptScorer& scorer) {
        const Telling told = tells(scorer, held_out);
        prms.rows.push_back(
            {name, from, pairs ? written(100 * told.auc, 1) : "-", written(100 * told.agreed, 1)});
        values.set(key, 100 * told.auc, 1);
    };
    values.set("text", static_cast<double>(kind.text));
    values.set("began_as", policy_name(kind.from));
    if (kind.text) { // a head would say nothing yet
        search::GptScorer untaught(run.model(kind.from), run.tokenizer());
        add("the policy that all begin as", "no label", "auc_untaught", untaught);
    }
    for (const auto& [who, labelled] :
         {std::pair(std::string("you"), &yours), std::pair(std::string("verifier"), &verifier)}) {
        const std::string file = write_labels(run, who, *labelled);
        const std::string model_file = train_prm(run, who, file, who == "you" ? 0.1 : 0.45);
        const engine::Gpt model = train::load_model(model_file);
        search::GptScorer scorer(model, run.tokenizer());
        add(who == "you" ? "yours" : "the verifier's of the same solutions",
            fmt::format("{} solutions", labelled->size()), "auc_" + who, scorer);
    }
    run.tell(0.8, "the run's PRM");
    add("the run's", fmt::format("{} solutions", learned), "auc_run", run.scorer("prm"));
    values.set("prms", std::move(prms));
    values.set("held_out", static_cast<double>(held_out.size()));
    values.set("run_solutions", static_cast<double>(learned));
    values.set("your_solutions", static_cast<double>(yours.size()));
    example_values(run.scorer("prm"), held_out, values);
    return values;
}

constexpr std::string_view kNeedsOfYourLabels[] = {"sample", "label", "prm"};

} // namespace

const Experiment your_labels = {"your-labels", kNeedsOfYourLabels, next_label, examine_labels};

} // namespace qstar::eval::lessons
