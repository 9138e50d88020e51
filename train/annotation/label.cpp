#include "train/annotation/label.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/base/ranks.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "engine/text/utf8.h"
#include "search/worlds/make_world.h"
#include "train/annotation/session.h"
#include "train/data/label_steps.h"
#include "train/data/left_out.h"
#include "train/data/problem_source.h"
#include "train/run/stage.h"

#include <fmt/core.h>
#include <iostream>
#include <string>
#include <vector>

namespace qstar::train {

namespace {

using search::Label;

void check(const LabelOptions& options) {
    if (options.annotator != "verifier" && options.annotator != "simulated" &&
        options.annotator != "me")
        fail("--annotator must be verifier, simulated or me, found \"{}\"; labels from elsewhere "
             "are "
             "given to the stages as files: --labels FILE",
             options.annotator);
    check(flags_of(options));
    check_name("label", options.name);
}

// Those that are to be labelled; `unfinished` counts what is left out for that.
std::vector<SampledSolution> pick(const std::vector<SampledSolution>& solutions,
                                  const LabelOptions& options, int64_t& unfinished) {
    std::vector<SampledSolution> picked;
    int64_t of_problem = 0;
    for (size_t i = 0; i < solutions.size(); ++i) {
        if (i == 0 || solutions[i].problem != solutions[i - 1].problem) of_problem = 0;
        if (!solutions[i].finished || solutions[i].steps.empty()) {
            ++unfinished;
            continue;
        }
        if (options.each > 0 && of_problem++ >= options.each) continue;
        if (options.limit > 0 && std::ssize(picked) >= options.limit) break;
        picked.push_back(solutions[i]);
    }
    return picked;
}

LabelSession solutions_to_label(const std::string& file, const LabelOptions& options) {
    const auto world = search::make_world(world_of(options.stage.run, options.world));
    BadLines bad(options.stage.skip_bad);
    const std::vector<SampledSolution> solutions = read_solutions(file, bad, *world);
    settle(bad, options.stage, options.name, file);
    LabelSession session;
    session.items = pick(solutions, options, session.left_out);
    if (session.items.empty()) fail("{}: no finished solution to label", file);
    return session;
}

// Asks for one label; nothing for another reply. The labels stand on the keyboard.
Reply ask(const std::string& step, size_t number, std::istream& in, std::ostream& out) {
    while (true) {
        out << fmt::format("  {}.  {:<30}  + right, 0 neutral, - wrong; u: undo, q: quit > ",
                           number, printable(step))
            << std::flush;
        const auto line = typed(in);
        if (!line || *line == "q") return {Reply::Kind::quit, {}};
        if (*line == "u") return {Reply::Kind::undo, {}};
        if (*line == "+" || *line == "1" || *line == "+1") return {Reply::Kind::answered, {1}};
        if (*line == "0") return {Reply::Kind::answered, {0}};
        if (*line == "-" || *line == "-1") return {Reply::Kind::answered, {-1}};
        out << fmt::format("expected +, 0, -, u or q, found \"{}\"\n", *line);
    }
}

// An answer of the session's file as labels; Error if it does not fit its solution.
std::vector<Label> labels_of(const std::vector<int>& answer, const SampledSolution& solution,
                             const std::string& file) {
    std::vector<Label> labels;
    for (const int value : answer) {
        if (value < -1 || value > 1) fail("{}: expected -1, 0 or 1, found {}", file, value);
        if (first_wrong_step(labels) > 0)
            fail("{}: expected no label after the error under \"{}\"", file, solution.problem);
        labels.push_back(static_cast<Label>(value));
    }
    if (labels.size() > solution.steps.size())
        fail("{}: expected labels of the {} steps under \"{}\", found {}", file,
             solution.steps.size(), solution.problem, labels.size());
    return labels;
}

// The answers that there are, as labels; a begun one is left out. Error if one in the middle
// lacks labels.
std::vector<LabelledSolution> labelled_by(const LabelSession& session, const search::World& world,
                                          const std::string& file) {
    const Answers& answers = session.answers;
    std::vector<LabelledSolution> all;
    for (size_t i = 0; i < answers.size(); ++i) {
        const SampledSolution& solution = session.items[i];
        std::vector<Label> labels = labels_of(answers[i], solution, file);
        if (is_labelled(solution, answers[i]))
            all.push_back({solution, world.answer(solution.problem), std::move(labels)});
        else if (labels.empty() || i + 1 < answers.size())
            fail("{}: expected labels of the {} steps under \"{}\" or up to an error, found {}",
                 file, solution.steps.size(), solution.problem, labels.size());
    }
    return all;
}

bool without_error(const LabelledSolution& labelled) {
    return !labelled.labels.empty() && labelled.labels.back() != Label::wrong;
}

// Asks a person at the terminal. Gives all labels that there are so far.
std::vector<LabelledSolution> ask_person(LabelSession& session, const Stage& stage,
                                         const search::World& world, std::istream& in,
                                         std::ostream& out) {
    const std::string file = answers_file(stage);
    session.answers = read_answers(file, session.items.size());
    labelled_by(session, world, file);   // do they fit?
    size_t shown = session.items.size(); // whose problem stands there
    ask_all<SampledSolution>(
        session, stage,
        [&](size_t i, const std::vector<int>& begun) {
            const SampledSolution& solution = session.items[i];
            if (i != shown)
                out << fmt::format("\n[{} of {}]  {}\n", i + 1, session.items.size(),
                                   printable(solution.problem));
            shown = i;
            return ask(solution.steps[begun.size()], begun.size() + 1, in, out);
        },
        is_labelled);
    return labelled_by(session, world, file);
}

std::vector<LabelledSolution> label_all(const std::vector<SampledSolution>& solutions,
                                        const LabelOptions& options, uint64_t seed,
                                        const search::World& world) {
    std::vector<LabelledSolution> all;
    Random random(options.annotator == "simulated" ? seed : 0, "label/simulated");
    for (const SampledSolution& solution : solutions)
        all.push_back(options.annotator == "simulated"
                          ? label_steps(world, solution, options.error, random)
                          : label_steps(world, solution));
    return all;
}

// What came out of a judging.
struct Tally {
    int64_t right = 0, labels = 0;
};

// Writes the labels that there are; with those of all solutions the stage is finished.
Tally write_labels(const LabelOptions& options, Stage& stage,
                   const std::vector<LabelledSolution>& judged, const LabelSession& session,
                   const search::World& world) {
    Tally tally;
    std::vector<Json> outcomes, steps;
    for (const LabelledSolution& labelled : judged) {
        const SampledSolution& solution = labelled.solution;
        const bool correct = options.annotator == "verifier"
                                 ? world.solved({solution.problem, solution.steps, true})
                                 : without_error(labelled);
        outcomes.push_back(json_of(OutcomeLabel{solution.problem, solution.steps, correct}));
        steps.push_back(options.format == "trl" ? trl_json(labelled) : prm800k_json(labelled));
        tally.right += correct;
        tally.labels += static_cast<int64_t>(labelled.labels.size());
    }
    write_jsonl(stage.path("outcomes.jsonl"), outcomes);
    write_jsonl(stage.path("steps.jsonl"), steps);
    if (judged.size() == session.items.size()) {
        stage.finish(Json{{"solutions", outcomes.size()},
                          {"right", tally.right},
                          {"unfinished", session.left_out},
                          {"step_labels", tally.labels}});
    }
    return tally;
}

} // namespace

bool is_labelled(const SampledSolution& solution, const std::vector<int>& answer) {
    const bool error = !answer.empty() && answer.back() < 0;
    return error || answer.size() >= solution.steps.size();
}

LabelSession read_session(const LabelOptions& options) {
    check(options);
    LabelSession session = solutions_to_label(solutions_file(options), options);
    take_up(session, options.stage.run, options.name);
    return session;
}

void save_session(const LabelOptions& options, const LabelSession& session) {
    Stage stage(options.stage, options.name, annotation_record(options, solutions_file(options)));
    if (stage.done()) return;
    const auto world = search::make_world(world_of(options.stage.run, options.world));
    const auto labelled = labelled_by(session, *world, answers_file(stage));
    save_answers(stage, session.answers);
    write_labels(options, stage, labelled, session, *world);
}

void describe(Flags& f, LabelOptions& o) {
    describe(f, o.stage);
    const bool simulated = o.annotator == "simulated";
    f["seed"].only_if(simulated);
    f.text("annotator", o.annotator, "who labels: verifier, simulated (an annotator), or me")
        .offers({"verifier", "simulated", "me"});
    f.choice("format", o.format, {"prm800k", "trl"}, "form of the step labels: prm800k or trl");
    f.number("error", o.error, 0, 1, "rate of wrong labels of the simulated annotator")
        .only_if(simulated);
    f.number("each", o.each, 0, kMost, "label so many solutions of a problem at most; 0: all")
        .only_if(o.each > 0);
    f.number("limit", o.limit, 0, kMost, "label only the first so many; 0: all")
        .only_if(o.limit > 0);
    describe_skip_bad(f, o.stage);
    f.text("solutions", o.solutions, "a file of solutions, instead of DIR/samples").content();
    f.text("name", o.name, "folder in the run, for labels by several annotators").quiet();
    search::world_flag(f, o.world);
}

void label(const LabelOptions& options, std::istream& in, std::ostream& out) {
    check(options);
    const std::string file = solutions_file(options);
    Stage stage(options.stage, options.name, annotation_record(options, file));
    if (stage.done()) return;

    const auto world = search::make_world(world_of(options.stage.run, options.world));
    LabelSession session = solutions_to_label(file, options);
    const size_t solutions = session.items.size();
    const auto judged = options.annotator == "me"
                            ? ask_person(session, stage, *world, in, out)
                            : label_all(session.items, options, stage.seed(), *world);
    const Tally tally = write_labels(options, stage, judged, session, *world);
    if (!options.stage.quiet)
        out << fmt::format(
            "{}: {} of {} solutions {}; {} labels of steps; {} without an end left "
            "out{}\n",
            options.name, tally.right, judged.size(),
            options.annotator == "verifier" ? "end in the right answer"
                                            : "have no error that was seen",
            tally.labels, session.left_out,
            judged.size() < solutions
                ? fmt::format("; {} to go, the same command goes on", solutions - judged.size())
                : "");
}

void label(const LabelOptions& options) {
    if (options.annotator == "me") engine::require_one_rank("a person at the keyboard");
    label(options, std::cin, std::cout);
}

} // namespace qstar::train
