#include "train/supervised/orm.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "search/models/encode.h"
#include "train/data/labels.h"
#include "train/data/left_out.h"
#include "train/supervised/text_judge.h"

#include <string>
#include <vector>

namespace qstar::train {

namespace {

// The label of the whole solution, asked at its last token or at all of its tokens.
Example example_of(const OutcomeLabel& label, const tokenizer::Tokenizer& tokenizer,
                   bool every_token) {
    const search::EncodedPath path = search::encode(tokenizer, {label.problem, label.steps, true});
    const auto answer = static_cast<size_t>(path.ends.back());
    Example example;
    example.inputs = path.tokens;
    example.labels.assign(path.tokens.size(), label.right ? 1.0f : 0.0f);
    example.weights.assign(path.tokens.size(), 0.0f);
    for (size_t t = path.prompt; t < path.tokens.size(); ++t)
        example.weights[t] = t == answer ? 1.0f : every_token ? kInnerWeight : 0.0f;
    ask_text(example, path.prompt - 1, label.right ? answer : path.prompt - 1);
    return example;
}

// The outcome is each step's value.
void add_steps(KnownSteps& known, const OutcomeLabel& label) {
    const search::Path path{label.problem, label.steps, true};
    for (size_t steps = 1; steps <= path.steps.size(); ++steps)
        known.add(beginning(path, steps), label.right ? 1.0f : 0.0f);
}

} // namespace

void describe(Flags& f, OrmOptions& o) {
    describe(f, o.reward);
    describe_judge(f, o.judge);
    f.truth("every-token", o.every_token, "ask at every token, not at the answer's only");
    f.text("name", o.name, "folder in the run, for several ORMs").quiet();
}

Outcome orm(const OrmOptions& options) {
    check(flags_of(options));
    check_name("orm", options.name);
    const auto start = begin_reward(options.reward, options.name, stage_record(options),
                                    {"label", "outcomes.jsonl"});
    if (!start) return Outcome::finished;
    Stage& stage = *start->stage;
    const std::string& file = start->labels;
    const tokenizer::Tokenizer& tokenizer = start->tokenizer;
    const engine::Gpt& base = start->base;
    const bool by_text = options.judge == "text";
    RewardSet set;
    BadLines bad(options.reward.stage.skip_bad);
    std::vector<OutcomeLabel> labels = read_outcomes(file, bad);
    if (options.reward.limit > 0 && std::ssize(labels) > options.reward.limit)
        labels.resize(static_cast<size_t>(options.reward.limit));
    KnownSteps known(tokenizer);
    for (const OutcomeLabel& label : labels)
        if (by_text) add_steps(known, label);
    for (const OutcomeLabel& label : labels)
        bad.read([&] {
            add_example(set,
                        by_text
                            ? known.example({label.problem, label.steps, true}, label.steps.size())
                            : example_of(label, tokenizer, options.every_token),
                        label.problem, base.config.context, label.where);
        });
    settle(bad, options.reward.stage, options.name, file);
    say_contradictions(options.reward.stage, options.name, contradictions(labels), "solution");
    Judge judge = new_judge(options.judge, base, options.reward.extra_layers, options.reward.text,
                            options.reward.loop, stage);
    return train_reward(options.reward, stage, std::move(judge.model), set, judge.objective,
                        search::Reading::whole_solution, file);
}

} // namespace qstar::train
