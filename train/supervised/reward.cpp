#include "train/supervised/reward.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/nn/lora.h"
#include "engine/nn/next_token.h"
#include "engine/text/jsonl.h"
#include "search/models/encode.h"
#include "search/models/run.h"
#include "train/run/batch_gradient.h"

#include <algorithm>
#include <array>

namespace qstar::train {

double area_under_curve(std::vector<std::pair<float, bool>> scored) {
    std::sort(scored.begin(), scored.end());
    double right = 0, wrong = 0, pairs = 0;
    for (size_t begin = 0; begin < scored.size();) {
        size_t end = begin;
        double right_here = 0, wrong_here = 0;
        for (; end < scored.size() && scored[end].first == scored[begin].first; ++end)
            (scored[end].second ? right_here : wrong_here) += 1;
        pairs += right_here * (wrong + wrong_here / 2);
        right += right_here;
        wrong += wrong_here;
        begin = end;
    }
    return right > 0 && wrong > 0 ? pairs / (right * wrong) : 0.5;
}

void describe(Flags& f, RewardOptions& o) {
    describe(f, o.stage);
    describe(f, o.loop);
    f.text("from", o.from, "stage whose weights it starts from: sft, pretrain, ...");
    f.text("labels", o.labels, "a file of labels, instead of DIR/labels").content();
    f.number("epochs", o.epochs, 1, kMost, "passes over the labels");
    f.number("extra-layers", o.extra_layers, 0, 100,
             "layers more than the policy has; none with --trains head");
    f.number("text-weight", o.text, 0, 100, "weight of the next-token loss on right work");
    f.number("limit", o.limit, 0, kMost, "use only the first so many labelled solutions; 0: all");
    describe_skip_bad(f, o.stage);
}

std::optional<RewardStart> begin_reward(const RewardOptions& options, const std::string& name,
                                        Json record, const LabelsOf& otherwise) {
    check_trains(options.loop, name, Learner::scores);
    const std::string labels =
        given_or_of_stage(options.labels, options.stage.run, otherwise.stage, otherwise.file);
    require(options.stage.run, options.from, model_path(options.stage.run, options.from));
    record["inputs"] = {{"labels", input(labels)},
                        {"model.safetensors", input(model_path(options.stage.run, options.from))}};
    auto stage = std::make_unique<Stage>(options.stage, name, record);
    if (stage->done()) return {};
    RewardStart start{std::move(stage), labels, load_tokenizer(options.stage.run),
                      load_model(options.stage.run, options.from)};
    check_vocab(start.base, start.tokenizer, options.stage.run);
    return start;
}

void check_length(const Example& example, const std::string& problem, int64_t context,
                  const std::string& where) {
    if (static_cast<int64_t>(example.inputs.size()) > context)
        fail("{}: a solution of \"{}\" has {} tokens, more than the context of {}", where, problem,
             example.inputs.size(), context);
}

void add_example(RewardSet& set, Example example, const std::string& problem, int64_t context,
                 const std::string& where) {
    check_length(example, problem, context, where);
    (validation_problem(problem) ? set.validation_rows : set.train).push_back(std::move(example));
}

Example step_example(const tokenizer::Tokenizer& tokenizer, const search::Path& path,
                     std::span<const float> labels, std::span<const float> weights,
                     bool every_token, size_t written) {
    const search::EncodedPath encoded = search::encode(tokenizer, path);
    const auto end_of = [&](size_t steps) { // the token that ends so many steps
        return encoded.begin_of(steps) - 1;
    };
    Example example;
    example.inputs = encoded.tokens;
    example.labels.assign(encoded.tokens.size(), 0.0f);
    example.weights.assign(encoded.tokens.size(), 0.0f);
    const size_t first = path.steps.size() - labels.size();
    for (size_t i = 0; i < labels.size(); ++i) {
        const size_t end = end_of(first + i + 1);
        for (size_t t = end_of(first + i) + 1; every_token && t < end; ++t) {
            example.labels[t] = labels[i];
            example.weights[t] = kInnerWeight;
        }
        example.labels[end] = labels[i];
        example.weights[end] = weights[i];
    }
    ask_text(example, end_of(0), end_of(written));
    return example;
}

engine::Gpt reward_model(const engine::Gpt& policy, int64_t extra_layers, uint64_t seed) {
    if (extra_layers == 0) return with_scalar_head(policy);
    return with_scalar_head(deeper(policy, extra_layers, Random(seed, "reward/layers")));
}

engine::Gpt reward_model(const engine::Gpt& policy, int64_t extra_layers, const LoopOptions& loop,
                         const Stage& stage) {
    const bool head = engine::trains_named(loop.trains).what == engine::Trains::head;
    engine::Gpt model = reward_model(policy, head ? 0 : extra_layers, stage.seed());
    choose_trained(loop, stage, model, policy.config.layers);
    return model;
}

void ask_text(Example& example, size_t begin, size_t end) {
    const size_t n = example.inputs.size();
    example.targets.assign(example.inputs.begin() + 1, example.inputs.end());
    example.targets.push_back(0);
    example.text_weights.assign(n, 0.0f);
    std::fill(example.text_weights.begin() + static_cast<int64_t>(begin),
              example.text_weights.begin() + static_cast<int64_t>(std::min(end, n - 1)), 1.0f);
}

RewardLoss reward_gradient(engine::Tape& tape, engine::Gpt& model, const Batch& batch,
                           double text) {
    if (trains_of(model).what == engine::Trains::head) text = 0;
    std::array<double, 2> sums{};
    batch_gradient(
        tape, model, {batch.rows, batch.rows, batch.time}, sums,
        [&](engine::Tape& own, int64_t first, int64_t count, std::span<double> shares) {
            const bool cut = count < batch.rows;
            const Batch rows = cut ? rows_of(batch, first, count) : Batch();
            const Batch& part = cut ? rows : batch;
            thread_local engine::Packing packing;
            thread_local std::vector<float> labels, weights;
            thread_local std::vector<int> targets;
            const engine::Var state =
                hidden_where_asked(own, model, part.inputs, part.rows, part.time, part.weights,
                                   part.text_weights, packing);
            const auto asked = [&](const std::vector<float>& values) {
                return where_asked(packing, std::span<const float>(values), weights);
            };
            engine::Var score = scores(own, model, state);
            if (!packing.empty()) score = in_padded_chunks(own, score, packing);
            const engine::Var judged = binary_cross_entropy(
                own, score, where_asked(packing, std::span<const float>(part.labels), labels),
                asked(part.weights), cut ? batch.asked : 0);
            engine::Var total = judged;
            if (text > 0 && part.text_asked > 0) {
                const engine::Var written =
                    cross_entropy(own, logits(own, model, state),
                                  where_asked(packing, std::span<const int>(part.targets), targets),
                                  asked(part.text_weights), cut ? batch.text_asked : 0);
                total = add(own, judged, scale(own, written, static_cast<float>(text)));
            }
            own.backward(total);
            shares[0] = double{own.value(total)[0]};
            shares[1] = double{own.value(judged)[0]};
        });
    return {static_cast<float>(sums[0]), static_cast<float>(sums[1])};
}

Metrics validate(engine::Gpt& model, std::span<const Example> examples, int64_t batch) {
    engine::Tape tape(false);
    std::vector<std::pair<float, bool>> scored;
    double loss = 0, asked = 0, agreed = 0, read = 0;
    engine::Packing packing;
    std::vector<float> kept_labels, kept_weights;
    for (const auto& chosen : make_epoch(examples, batch, 0, 0)) {
        tape.reset();
        const Batch b = make_batch(examples, chosen);
        const engine::Var state =
            hidden_where_asked(tape, model, b.inputs, b.rows, b.time, b.weights, {}, packing);
        const engine::Var score = scores(tape, model, state);
        const auto labels = where_asked(packing, std::span<const float>(b.labels), kept_labels);
        const auto weights = where_asked(packing, std::span<const float>(b.weights), kept_weights);
        loss += tape.value(binary_cross_entropy(tape, score, labels, weights))[0] * b.asked;
        asked += b.asked;
        const engine::Tensor& values = tape.value(score);
        for (size_t t = 0; t < weights.size(); ++t) {
            if (weights[t] < 1) continue; // only where it will be read
            const float value = values[static_cast<int64_t>(t)];
            const bool right = labels[t] > 0.5f;
            agreed += (value > 0) == right ? weights[t] : 0;
            read += weights[t];
            scored.emplace_back(value, right);
        }
    }
    if (asked <= 0) return {};
    return {{"val_loss", loss / asked},
            {"val_accuracy", read > 0 ? agreed / read : 0.0},
            {"val_auc", area_under_curve(std::move(scored))}};
}

Objective scalar_objective(double text) {
    return {[text](engine::Tape& tape, engine::Gpt& model, const Batch& batch) {
                return reward_gradient(tape, model, batch, text);
            },
            validate};
}

Outcome train_reward(const RewardOptions& options, Stage& stage, engine::Gpt model,
                     const RewardSet& set, const Objective& objective, search::Reading reading,
                     const std::string& where) {
    const uint64_t seed = stage.seed();
    if (set.train.empty()) fail("{}: no labels to train on", where);

    const auto per_epoch =
        (static_cast<int64_t>(set.train.size()) + options.loop.batch - 1) / options.loop.batch;
    const int64_t steps = options.epochs * per_epoch;
    const std::string from = model_path(stage.run(), options.from);
    Trainer trainer(options.loop, stage, trained(model, stage.run(), from), steps);
    trainer.describe("reading", search::name_of(reading));
    std::vector<std::vector<int64_t>> epoch;
    while (trainer.running()) {
        const int64_t turn = trainer.step() % per_epoch;
        if (epoch.empty() || turn == 0)
            epoch = make_epoch(set.train, options.loop.batch, seed, trainer.step() / per_epoch);
        const Batch batch = make_batch(set.train, epoch[static_cast<size_t>(turn)]);

        model.zero_grad();
        const RewardLoss loss = objective.gradient(trainer.tape, model, batch);
        Metrics metrics = trainer.update(loss.total);
        metrics.set({"label_loss", loss.judged});

        if (turn + 1 == per_epoch)
            metrics.set(objective.validate(model, set.validation_rows, options.loop.batch));
        trainer.end_step(metrics);
    }
    if (trainer.stopped()) return Outcome::stopped;

    Json result = json_of(objective.validate(model, set.validation_rows, options.loop.batch));
    result["solutions"] = set.train.size();
    result["val_solutions"] = set.validation_rows.size();
    return trainer.finish(result);
}

} // namespace qstar::train
