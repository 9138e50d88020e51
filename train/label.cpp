#include "train/label.h"

#include "engine/error.h"

namespace qstar::train {

LabelledSolution judge_steps(const search::World& world, const SampledSolution& solution) {
    LabelledSolution labelled{solution, world.answer(solution.problem), {}};
    search::Path path{solution.problem, {}, false};
    for (size_t i = 0; i < solution.steps.size(); ++i) {
        const bool final = solution.finished && i + 1 == solution.steps.size();
        labelled.labels.push_back(world.check_step(path, solution.steps[i], final));
        if (labelled.labels.back() == search::Label::wrong) break;
        path.steps.push_back(solution.steps[i]);
    }
    return labelled;
}

void label(const LabelOptions& options) {
    if (options.judge != "verifier")
        fail("--judge must be \"verifier\", found \"{}\"; labels by people are given to the stages "
             "as files: --labels FILE",
             options.judge);
    if (options.format != "prm800k" && options.format != "trl")
        fail("--format must be prm800k or trl, found \"{}\"", options.format);
    const std::string solutions = stage_file(options.run, "sample", "solutions.jsonl");
    require(options.run, "sample", solutions);
    const Json flags{{"judge", options.judge},
                     {"format", options.format},
                     {"world", options.world},
                     {"inputs", {{"solutions.jsonl", input(solutions)}}}};
    if (!begin_stage(options, "label", flags)) return;

    const auto world = search::make_world(options.world);
    std::vector<Json> outcomes, steps;
    int64_t right = 0, labels = 0, unfinished = 0;
    for (const SampledSolution& solution : read_solutions(solutions)) {
        if (!solution.finished || solution.steps.empty()) {
            ++unfinished;
            continue;
        }
        const bool correct = world->check_answer(solution.problem, solution.steps.back());
        outcomes.push_back(json_of(OutcomeLabel{solution.problem, solution.steps, correct}));
        const LabelledSolution labelled = judge_steps(*world, solution);
        steps.push_back(options.format == "trl" ? trl_json(labelled) : prm800k_json(labelled));
        right += correct;
        labels += static_cast<int64_t>(labelled.labels.size());
    }
    if (outcomes.empty()) fail("{}: no finished solution to label", solutions);
    write_jsonl(stage_file(options.run, "label", "outcomes.jsonl"), outcomes);
    write_jsonl(stage_file(options.run, "label", "steps.jsonl"), steps);
    finish_stage(options, "label",
                 Json{{"solutions", outcomes.size()},
                      {"right", right},
                      {"unfinished", unfinished},
                      {"step_labels", labels}});
    if (!options.quiet)
        fmt::print("label: {} of {} solutions end in the right answer; {} labels of steps; {} "
                   "without an end left out\n",
                   right, outcomes.size(), labels, unfinished);
}

} // namespace qstar::train
