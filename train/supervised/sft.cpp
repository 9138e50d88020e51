#include "train/supervised/sft.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/nn/next_token.h"
#include "engine/text/jsonl.h"
#include "search/models/encode.h"
#include "train/data/left_out.h"
#include "train/data/worlds/split.h"
#include "train/run/batches.h"

#include <algorithm>
#include <fmt/core.h>
#include <vector>

namespace qstar::train {

namespace {

// The item as one sequence; asked for is every token after the problem's step token.
Example example_of(const CuratedItem& item, const tokenizer::Tokenizer& tokenizer) {
    const auto [tokens, ends, given] =
        search::encode(tokenizer, {item.problem, item.solution, true});
    Example example;
    example.inputs.assign(tokens.begin(), tokens.end() - 1);
    example.targets.assign(tokens.begin() + 1, tokens.end());
    for (size_t t = 0; t < example.targets.size(); ++t)
        example.weights.push_back(t + 1 >= given ? 1.0f : 0.0f);
    return example;
}

double validation_loss(engine::Tape& tape, engine::Gpt& model, std::span<const Example> examples,
                       int64_t batch) {
    const engine::NoGrad look(tape);
    double sum = 0, asked = 0;
    for (const auto& chosen : make_epoch(examples, batch, 0, 0)) {
        const Batch b = make_batch(examples, chosen);
        sum += b.asked *
               engine::next_token_loss(tape, model, b.inputs, b.targets, b.weights, b.rows, b.time);
        asked += b.asked;
    }
    return asked > 0 ? sum / asked : 0;
}

void check_length(const CuratedItem& item, const Example& example, int64_t context,
                  const std::string& where) {
    if (static_cast<int64_t>(example.inputs.size()) > context)
        fail("{}: problem \"{}\" has {} tokens, more than the context of {}", where, item.problem,
             example.inputs.size(), context);
}

Json record_of(const SftOptions& options, const std::string& curated) {
    Json flags = stage_record(options);
    flags["inputs"] = {
        {"curated.jsonl", input(curated)},
        {"pretrain/model.safetensors", input(model_path(options.stage.run, "pretrain"))}};
    return flags;
}

} // namespace

Outcome imitate(const LoopOptions& options, int64_t epochs, Stage& stage, engine::Gpt model,
                const std::string& from, std::span<const CuratedItem> items,
                const std::string& where) {
    const uint64_t seed = stage.seed();
    const tokenizer::Tokenizer tokenizer = load_tokenizer(stage.run());
    check_vocab(model, tokenizer, stage.run());
    std::vector<Example> examples, validation_rows;
    for (const CuratedItem& item : items) {
        const Example example = example_of(item, tokenizer);
        check_length(item, example, model.config.context, where);
        (validation_problem(item.problem) ? validation_rows : examples).push_back(example);
    }
    if (examples.empty()) fail("{}: no items to train on", where);

    const auto per_epoch =
        (static_cast<int64_t>(examples.size()) + options.batch - 1) / options.batch;
    const int64_t steps = epochs * per_epoch;
    choose_trained(options, stage, model, model.config.layers);
    Trainer trainer(options, stage, trained(model, stage.run(), from), steps);
    int64_t longest = 0; // tokens
    for (const Example& example : examples)
        longest = std::max(longest, static_cast<int64_t>(example.inputs.size()));
    trainer.expect_memory(model.config, options.batch, longest);
    std::vector<std::vector<int64_t>> epoch;
    while (trainer.running()) {
        const int64_t turn = trainer.step() % per_epoch;
        if (epoch.empty() || turn == 0)
            epoch = make_epoch(examples, options.batch, seed, trainer.step() / per_epoch);
        const Batch batch = make_batch(examples, epoch[static_cast<size_t>(turn)]);

        model.zero_grad();
        const double loss =
            engine::next_token_gradient(trainer.tape, model, batch.inputs, batch.targets,
                                        batch.weights, batch.rows, batch.time);
        Metrics metrics = trainer.update(loss);

        if (turn + 1 == per_epoch && !validation_rows.empty())
            metrics.set(
                {"val_loss", validation_loss(trainer.tape, model, validation_rows, options.batch)});
        trainer.end_step(metrics);
    }
    if (trainer.stopped()) return Outcome::stopped;

    Json result{{"items", examples.size()}, {"val_items", validation_rows.size()}};
    if (!validation_rows.empty())
        result["val_loss"] = validation_loss(trainer.tape, model, validation_rows, options.batch);
    return trainer.finish(result);
}

void describe(Flags& f, SftOptions& o) {
    describe(f, o.stage);
    describe(f, o.loop);
    f.number("epochs", o.epochs, 1, kMost, "passes over the curated set");
    f.number("items", o.items, 0, kMost, "use only the first so many items; 0: all");
    f.text("file", o.file, "of items, instead of the curated set: its form, or GSM8K's").content();
    f.text("name", o.name, "folder in the run, for several of them").quiet();
    describe_skip_bad(f, o.stage);
}

Outcome sft(const SftOptions& options) {
    check(flags_of(options));
    check_name("sft", options.name);
    check_trains(options.loop, options.name, Learner::writes);
    const std::string curated =
        given_or_of_stage(options.file, options.stage.run, "corpus", "curated.jsonl");
    const std::string from = model_path(options.stage.run, "pretrain");
    require(options.stage.run, "pretrain", from);
    Stage stage(options.stage, options.name, record_of(options, curated));
    if (stage.done()) return Outcome::finished;

    const tokenizer::Tokenizer tokenizer = load_tokenizer(options.stage.run);
    engine::Gpt base = load_model(options.stage.run, "pretrain");
    BadLines bad(options.stage.skip_bad);
    std::vector<CuratedItem> items = read_curated(curated, bad);
    std::erase_if(items, [&](const CuratedItem& item) {
        return !bad.read([&] {
            check_length(item, example_of(item, tokenizer), base.config.context, item.where);
        });
    });
    settle(bad, options.stage, options.name, curated);
    const size_t left_out =
        std::erase_if(items, [](const CuratedItem& item) { return held_out(item.problem); });
    if (items.empty()) fail("{}: all {} items are held out", curated, left_out);
    if (left_out > 0 && !options.stage.quiet)
        fmt::print("{}: {} held-out items of {} left out\n", options.name, left_out, curated);
    if (options.items > 0 && static_cast<int64_t>(items.size()) > options.items)
        items.resize(static_cast<size_t>(options.items));
    return imitate(options.loop, options.epochs, stage, std::move(base), from, items, curated);
}

} // namespace qstar::train
