#include "train/supervised/prm.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "train/data/left_out.h"
#include "train/supervised/text_judge.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::train {

namespace {

// The probability that each judged step is right, as the file has it.
std::vector<float> targets_of(const StepLabels& judged, const PrmOptions& options) {
    if (options.soft) return judged.soft;
    std::vector<float> targets;
    for (const search::Label label : judged.labels) {
        const bool is_neutral = label == search::Label::neutral;
        const bool right = is_neutral ? options.neutral == "right" : label == search::Label::right;
        targets.push_back(right ? 1.0f : 0.0f);
    }
    return targets;
}

Example example_of(const StepLabels& judged, const tokenizer::Tokenizer& tokenizer,
                   const PrmOptions& options) {
    const std::vector<float> targets = targets_of(judged, options);
    std::vector<float> weights(targets.size(), 1.0f);
    size_t written = 0; // steps up to the last that is likely right
    for (size_t i = 0; i < targets.size(); ++i) {
        if (judged.labels[i] == search::Label::neutral && options.neutral == "skip") weights[i] = 0;
        if (targets[i] > 0.5f) written = judged.steps.size() - targets.size() + i + 1;
    }
    return step_example(tokenizer, {judged.problem, judged.steps, judged.finished}, targets,
                        weights, options.every_token, written);
}

// Each judged step, after the steps before it.
void add_steps(KnownSteps& known, const StepLabels& judged, const PrmOptions& options) {
    const std::vector<float> targets = targets_of(judged, options);
    const search::Path path{judged.problem, judged.steps, judged.finished};
    const size_t first = path.steps.size() - targets.size();
    for (size_t i = 0; i < targets.size(); ++i) {
        const bool skipped =
            judged.labels[i] == search::Label::neutral && options.neutral == "skip";
        if (!skipped) known.add(beginning(path, first + i + 1), targets[i]);
    }
}

} // namespace

void describe(Flags& f, PrmOptions& o) {
    describe(f, o.reward);
    describe_judge(f, o.judge);
    f.choice("neutral", o.neutral, {"right", "wrong", "skip"},
             "what a neutral step counts as: right, wrong or skip");
    f.truth("every-token", o.every_token, "ask at every token, not at the step's end only");
    f.mark("soft", o.soft, "learn the soft labels of roll-outs, not the hard ones").only_if(o.soft);
    f.text("name", o.name, "folder in the run, for PRMs of several sources").quiet();
}

Outcome prm(const PrmOptions& options) {
    check(flags_of(options));
    check_name("prm", options.name);
    const auto start =
        begin_reward(options.reward, options.name, stage_record(options), {"label", "steps.jsonl"});
    if (!start) return Outcome::finished;
    Stage& stage = *start->stage;
    const std::string& file = start->labels;
    const tokenizer::Tokenizer& tokenizer = start->tokenizer;
    const engine::Gpt& base = start->base;
    const bool by_text = options.judge == "text";
    RewardSet set;
    BadLines bad(options.reward.stage.skip_bad);
    std::vector<StepLabels> labels = read_step_labels(file, bad);
    if (options.reward.limit > 0 && std::ssize(labels) > options.reward.limit)
        labels.resize(static_cast<size_t>(options.reward.limit));
    KnownSteps known(tokenizer);
    for (const StepLabels& judged : labels)
        if (by_text && (!options.soft || !judged.soft.empty())) add_steps(known, judged, options);
    for (size_t begin = 0, end = 0; begin < labels.size(); begin = end) {
        while (end < labels.size() && labels[end].where == labels[begin].where) ++end;
        const auto of_line = std::span(labels).subspan(begin, end - begin);
        bad.read([&] {
            std::vector<Example> examples; // of all or, after an Error, of none
            for (const StepLabels& judged : of_line) {
                if (options.soft && judged.soft.empty())
                    fail("{}: \"{}\" has no soft_labels", judged.where, judged.problem);
                examples.push_back(
                    by_text ? known.example({judged.problem, judged.steps, judged.finished},
                                            judged.labels.size())
                            : example_of(judged, tokenizer, options));
                check_length(examples.back(), judged.problem, base.config.context, judged.where);
            }
            for (Example& example : examples)
                add_example(set, std::move(example), of_line.front().problem, base.config.context,
                            file);
        });
    }
    settle(bad, options.reward.stage, options.name, file);
    say_contradictions(options.reward.stage, options.name, contradictions(labels), "step");
    Judge judge = new_judge(options.judge, base, options.reward.extra_layers, options.reward.text,
                            options.reward.loop, stage);
    return train_reward(options.reward, stage, std::move(judge.model), set, judge.objective,
                        search::Reading::each_step, file);
}

} // namespace qstar::train
