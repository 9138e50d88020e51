// Lesson 6: twenty labels of your own, the PRM that learns from them, and one that learns from the
// verifier's labels of the same solutions.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "eval/lessons/experiments/experiment.h"
#include "search/models/gpt_scorer.h"
#include "train/data/label_steps.h"
#include "train/run/batches.h"
#include "train/supervised/prm.h"

#include <algorithm>
#include <fmt/format.h>
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
    const search::Path path{
        solution.problem,
        {solution.steps.begin(), solution.steps.begin() + static_cast<std::ptrdiff_t>(step)},
        false};
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

// A small PRM from a file of labels; killed, it goes on when it is called again.
std::string train_small(LessonRun& run, const std::string& who, const std::string& labels,
                        double from) {
    train::PrmOptions options;
    options.reward.stage.run = run.run();
    options.reward.stage.study = "lessons";
    options.reward.stage.quiet = true;
    options.reward.labels = labels;
    options.reward.epochs = run.size(30, 3);
    options.reward.loop.batch = 8;
    options.reward.loop.warmup = 5;
    options.reward.loop.lr = 5e-4;
    options.reward.loop.save_every = 5;
    options.name = "prm-" + who;
    options.reward.loop.each_step = [&](int64_t step, int64_t steps, const train::Metrics&) {
        run.tell(
            from + 0.3 * static_cast<double>(step) / static_cast<double>(steps),
            fmt::format("a PRM learns from {} labels", who == "you" ? "your" : "the verifier's"));
    };
    try {
        train::prm(options);
    } catch (const Error&) { // of other labels than these: made anew
        options.reward.stage.force = true;
        train::prm(options);
    }
    return join_path(join_path(run.folder(), options.name), "model.safetensors");
}

// How well a scorer tells right steps from wrong ones.
struct Telling {
    double auc = 0, agreed = 0;
};
Telling tells(search::GptScorer& scorer, const std::vector<train::StepLabels>& held_out) {
    std::vector<search::Path> paths;
    for (const auto& one : held_out) paths.push_back({one.problem, one.steps, one.finished});
    const auto scores = scorer.score(paths);
    std::vector<std::pair<float, bool>> scored;
    double agreed = 0;
    for (size_t i = 0; i < held_out.size(); ++i) {
        const size_t first = held_out[i].steps.size() - held_out[i].labels.size();
        for (size_t k = 0; k < held_out[i].labels.size(); ++k) {
            const bool right = held_out[i].labels[k] != Label::wrong;
            const float score = scores[i].steps[first + k];
            scored.emplace_back(score, right);
            agreed += (score > 0.5f) == right;
        }
    }
    const auto n = static_cast<double>(std::max<size_t>(1, scored.size()));
    return {train::area_under_curve(std::move(scored)), agreed / n};
}

void example_values(LessonRun& run, const std::vector<train::StepLabels>& held_out,
                    Values& values) {
    search::GptScorer& prm = *run.models().scorer("prm");
    // The last solution of two steps or more that ends in an error after its first step, or as near
    // to it as there is.
    const train::StepLabels* found = nullptr;
    for (const auto& one : held_out) {
        const size_t wrong = train::first_wrong_step(one.labels);
        if (one.labels.size() != one.steps.size() && wrong == 0) continue;
        if (found == nullptr || (one.labels.size() >= 2 && wrong >= 2)) found = &one;
        if (one.labels.size() >= 2 && wrong >= 2) break;
    }
    const search::Path path{found->problem, found->steps, found->finished};
    const auto scores = prm.score({&path, 1})[0].steps;
    Grid grid{{"step", "line", "the run's PRM says"}, {}};
    std::string product;
    double p = 1, least = 1;
    for (size_t i = 0; i < scores.size(); ++i) {
        const double score = double{scores[i]};
        grid.rows.push_back(
            {fmt::format("{}", i + 1), found->steps[i], written(score, decimals_of(score))});
        product += (i > 0 ? " * " : "") + written(score, decimals_of(score));
        p *= score;
        least = std::min(least, score);
    }
    values.set("example", std::move(grid));
    values.set("example_problem", found->problem);
    values.set("product", product);
    values.set("product_value", p, decimals_of(p));
    values.set("minimum", least, decimals_of(least));
    // Another solution to be read by the student: where is its first error?
    const train::StepLabels* other = nullptr;
    for (const auto& one : held_out) {
        const size_t wrong = train::first_wrong_step(one.labels);
        if (&one == found || wrong == 0 || one.steps.size() < 2) continue;
        if (other == nullptr || (other->labels.size() < 2 && wrong >= 2)) other = &one;
    }
    if (other == nullptr) other = found;
    Grid asked{{"step", "line"}, {}};
    for (size_t i = 0; i < other->steps.size(); ++i)
        asked.rows.push_back({fmt::format("{}", i + 1), other->steps[i]});
    values.set("asked", std::move(asked));
    const search::Path other_path{other->problem, other->steps, other->finished};
    Grid rated{{"step", "line", "the run's PRM says"}, {}};
    double together = 1;
    const auto others = prm.score({&other_path, 1})[0].steps;
    for (size_t i = 0; i < others.size(); ++i) {
        const double score = double{others[i]};
        together *= score;
        rated.rows.push_back(
            {fmt::format("{}", i + 1), other->steps[i], written(score, decimals_of(score))});
    }
    values.set("rated", std::move(rated));
    values.set("asked_product", together, decimals_of(together));
    values.set("asked_problem", other->problem);
    values.set("first_wrong", static_cast<double>(train::first_wrong_step(other->labels)));
}

Values examine_labels(LessonRun& run, const Given& given) {
    run.require("sft");
    run.require("prm");
    run.require("label", "steps.jsonl");
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
    for (train::StepLabels& one :
         train::read_step_labels(train::stage_file(run.run(), "label", "steps.jsonl"))) {
        if (train::validation_problem(one.problem) && held_out.size() < most)
            held_out.push_back(std::move(one));
    }
    if (held_out.size() < 2)
        fail("{}: too few labelled solutions to measure by: run `qstar train sample --run {}` for "
             "more problems",
             run.run(), run.run());
    const Json record = read_json(train::stage_file(run.run(), "prm", "done.json")).value;
    const int64_t learned = record["result"].value("solutions", int64_t{0});
    Grid prms{{"PRM", "learned from", "right before wrong (AUC), %", "on the right side of 1/2, %"},
              {}};
    const auto add = [&](const std::string& name, const std::string& from, const std::string& key,
                         search::GptScorer& scorer) {
        const Telling told = tells(scorer, held_out);
        prms.rows.push_back(
            {name, from, written(100 * told.auc, 1), written(100 * told.agreed, 1)});
        values.set(key, 100 * told.auc, 1);
    };
    for (const auto& [who, labelled] :
         {std::pair(std::string("you"), &yours), std::pair(std::string("verifier"), &verifier)}) {
        const std::string file = write_labels(run, who, *labelled);
        const std::string model_file = train_small(run, who, file, who == "you" ? 0.1 : 0.45);
        const engine::Gpt model = train::load_model(model_file);
        search::GptScorer scorer(model, run.tokenizer());
        add(who == "you" ? "yours" : "the verifier's of the same solutions",
            fmt::format("{} solutions", labelled->size()), "auc_" + who, scorer);
    }
    run.tell(0.8, "the run's PRM");
    add("the run's", fmt::format("{} solutions", learned), "auc_run", *run.models().scorer("prm"));
    values.set("prms", std::move(prms));
    values.set("held_out", static_cast<double>(held_out.size()));
    values.set("run_solutions", static_cast<double>(learned));
    values.set("your_solutions", static_cast<double>(yours.size()));
    example_values(run, held_out, values);
    return values;
}

} // namespace

const Experiment your_labels = {"your-labels", next_label, examine_labels};

} // namespace qstar::eval::lessons
