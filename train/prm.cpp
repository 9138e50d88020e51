#include "train/prm.h"

#include "engine/error.h"
#include "search/encode.h"

namespace qstar::train {

namespace {

// One label at the end of each judged step, or, with less weight, at all of its tokens.
Example example_of(const StepLabels& judged, const tokenizer::Tokenizer& tokenizer,
                   const std::string& neutral, bool every_token) {
    const search::EncodedPath path =
        search::encode(tokenizer, {judged.problem, judged.steps, judged.finished});
    Example example;
    example.inputs = path.tokens;
    example.labels.assign(path.tokens.size(), 0.0f);
    example.weights.assign(path.tokens.size(), 0.0f);
    const size_t prompt = search::encode(tokenizer, {judged.problem, {}, false}).tokens.size() - 1;
    size_t right_end = prompt; // where right work ends
    const size_t first = judged.steps.size() - judged.labels.size();
    for (size_t i = 0; i < judged.labels.size(); ++i) {
        const bool is_neutral = judged.labels[i] == search::Label::neutral;
        const bool right =
            is_neutral ? neutral == "right" : judged.labels[i] == search::Label::right;
        const auto end = static_cast<size_t>(path.ends[first + i]);
        const size_t begin =
            first + i == 0 ? prompt : static_cast<size_t>(path.ends[first + i - 1]);
        for (size_t t = begin + 1; every_token && t < end; ++t) {
            example.labels[t] = right ? 1.0f : 0.0f;
            example.weights[t] = inner_weight;
        }
        example.labels[end] = right ? 1.0f : 0.0f;
        if (right) right_end = end;
        example.weights[end] = is_neutral && neutral == "skip" ? 0.0f : 1.0f;
    }
    ask_text(example, prompt, right_end);
    return example;
}

} // namespace

void prm(const PrmOptions& options) {
    check(options);
    if (options.neutral != "right" && options.neutral != "wrong" && options.neutral != "skip")
        fail("--neutral must be right, wrong or skip, found \"{}\"", options.neutral);
    const std::string file =
        options.labels.empty() ? stage_file(options.run, "label", "steps.jsonl") : options.labels;
    if (options.labels.empty()) require(options.run, "label", file);
    require(options.run, options.from, model_path(options.run, options.from));
    Json flags = flags_of(options, file);
    flags["neutral"] = options.neutral;
    flags["every-token"] = options.every_token;
    if (!begin_stage(options, "prm", flags)) return;

    const tokenizer::Tokenizer tokenizer = load_tokenizer(options.run);
    const engine::Gpt base = load_model(options.run, options.from);
    check_vocab(base, tokenizer, options.run);
    RewardSet set;
    int64_t used = 0;
    for (const StepLabels& judged : read_step_labels(file)) {
        if (options.limit > 0 && used++ >= options.limit) break;
        Example example = example_of(judged, tokenizer, options.neutral, options.every_token);
        add_example(set, std::move(example), judged.problem, base.config.context, file);
    }
    train_reward(options, "prm", base, set, file);
}

} // namespace qstar::train
