#include "train/prm.h"

#include "engine/error.h"
#include "engine/io/jsonl.h"

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

} // namespace

void prm(const PrmOptions& options) {
    check(options);
    check_name("prm", options.name.substr(options.name.rfind('/') + 1));
    if (options.neutral != "right" && options.neutral != "wrong" && options.neutral != "skip")
        fail("--neutral must be right, wrong or skip, found \"{}\"", options.neutral);
    const std::string file = given_or_of_stage(options.labels, options.run, "label", "steps.jsonl");
    require(options.run, options.from, model_path(options.run, options.from));
    Json flags = flags_of(options, file);
    flags["neutral"] = options.neutral;
    flags["every-token"] = options.every_token;
    if (options.soft) flags["soft"] = true;
    Stage stage(options, options.name, flags);
    if (stage.done()) return;

    const tokenizer::Tokenizer tokenizer = load_tokenizer(options.run);
    const engine::Gpt base = load_model(options.run, options.from);
    check_vocab(base, tokenizer, options.run);
    RewardSet set;
    int64_t used = 0;
    for (const StepLabels& judged : read_step_labels(file)) {
        if (options.limit > 0 && used >= options.limit) break;
        ++used;
        if (options.soft && judged.soft.empty())
            fail("{}: solution {} of \"{}\" has no soft_labels", file, used, judged.problem);
        add_example(set, example_of(judged, tokenizer, options), judged.problem,
                    base.config.context, file);
    }
    train_reward(options, stage, base, set, file);
}

} // namespace qstar::train
