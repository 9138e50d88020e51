#include "train/supervised/pretrain.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/base/pack.h"
#include "engine/base/range.h"
#include "engine/base/ranks.h"
#include "engine/decode/decoder.h"
#include "engine/decode/sampling.h"
#include "engine/io/files.h"
#include "engine/nn/next_token.h"
#include "engine/text/jsonl.h"
#include "search/models/encode.h"
#include "tokenizer/special.h"
#include "train/run/batches.h"
#include "train/run/memory.h"
#include "train/supervised/pretrain_rows.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

namespace {

// Fine-tuning will need whole solutions in the context: better to say so before hours of
// training than after them.
void check_context(const PretrainOptions& options, const tokenizer::Tokenizer& tokenizer) {
    const std::string path = stage_file(options.stage.run, "corpus", "curated.jsonl");
    if (!options.text.empty() || !exists(path)) return;
    int64_t longest = 0;
    for (const CuratedItem& item : read_curated(path)) {
        const auto tokens = search::encode(tokenizer, {item.problem, item.solution, true}).tokens;
        longest = std::max(longest, static_cast<int64_t>(tokens.size()) - 1);
    }
    if (longest > options.context)
        fail("{}: a solution has {} tokens, more than --context {}: ask for --context {} or more",
             path, longest, options.context, longest);
}

// What the rows ask: every next token.
struct NextTokens {
    int64_t batch;
    std::vector<int> inputs, targets;
    std::vector<float> weights;
};

NextTokens next_tokens(const RowBatch& rows, int64_t time) {
    NextTokens asked;
    asked.batch = static_cast<int64_t>(rows.size()) / (time + 1);
    for (int64_t b = 0; b < asked.batch; ++b) {
        const auto row = rows.begin() + b * (time + 1);
        asked.inputs.insert(asked.inputs.end(), row, row + time);
        asked.targets.insert(asked.targets.end(), row + 1, row + time + 1);
    }
    asked.weights.assign(asked.targets.size(), 1.0f);
    return asked;
}

double validation_loss(engine::Tape& tape, engine::Gpt& model, std::span<const RowBatch> batches,
                       int64_t time) {
    const engine::NoGrad look(tape);
    // The ranks share the batches.
    const std::vector<std::string> losses = engine::share(batches.size(), [&](size_t i) {
        const NextTokens b = next_tokens(batches[i], time);
        std::string loss;
        engine::Pack{loss}(
            engine::next_token_loss(tape, model, b.inputs, b.targets, b.weights, b.batch, time));
        return loss;
    });
    double sum = 0, count = 0;
    for (size_t i = 0; i < batches.size(); ++i) {
        std::string_view bytes = losses[i];
        double loss = 0;
        engine::Unpack{bytes}(loss);
        sum += loss * static_cast<double>(batches[i].size());
        count += static_cast<double>(batches[i].size());
    }
    return sum / count;
}

// Text that the model writes after <|endoftext|>, up to the context's end.
std::string sample_text(const engine::Gpt& model, const tokenizer::Tokenizer& tokenizer,
                        int64_t tokens, double temperature, Random random) {
    engine::Decoder decoder(model, 1);
    std::vector<int> written;
    int next = tokenizer.special(tokenizer::kEndOfText);
    const int64_t limit = std::min(tokens, model.config.context);
    while (static_cast<int64_t>(written.size()) < limit) {
        const engine::Decoder::Feed feed{0, {&next, 1}};
        engine::TokenDraw draw =
            engine::draw_from(0, {static_cast<float>(temperature), 0, 1}, random);
        decoder.feed_and_draw({&feed, 1}, {&draw, 1}, model.config.vocab);
        next = draw.token;
        written.push_back(next);
    }
    std::erase_if(written, [&](int id) { return tokenizer.is_hole(id); });
    return tokenizer.decode(written);
}

// sin(t w) and cos(t w) at position t, w falling from 1 to 1/10000, as large as the random table.
void begin_with_sinusoids(engine::Gpt& model) {
    engine::Parameter& table = model.parameter("wpe.weight");
    const auto values = table.value.values(); // (T, C)
    double square = 0;
    for (const float value : values) square += double(value) * value;
    const double size = std::sqrt(2 * square / static_cast<double>(values.size()));
    const auto width = static_cast<size_t>(model.config.width);
    for (size_t i = 0; i < values.size(); ++i) {
        const size_t position = i / width, pair = i % width / 2;
        const double turn = static_cast<double>(position) *
                            math::power(1e-4, 2.0 * static_cast<double>(pair) / double(width));
        values[i] = static_cast<float>(size * (i % 2 == 0 ? math::sin(turn) : math::cos(turn)));
    }
}

Json record_of(PretrainOptions options, const PretrainSource& source, int64_t steps) {
    options.steps = steps;
    Json flags = stage_record(options);
    flags["inputs"] = {{"text", input(source.path)},
                       {"vocab.json", input(options.stage.run + "/tokenizer/vocab.json")},
                       {"merges.txt", input(options.stage.run + "/tokenizer/merges.txt")}};
    return flags;
}

} // namespace

void describe(Flags& f, PretrainOptions& o) {
    describe(f, o.stage);
    describe(f, o.loop);
    f.choice("family", o.family, {"gpt2", "llama", "qwen2", "qwen3"},
             "the architecture: gpt2, llama (rotary positions, RMS norm, SwiGLU), or qwen3, which "
             "normalises queries and keys")
        .only_if(o.family != "gpt2");
    f.number("layers", o.layers, 1, 1000, "of the GPT");
    f.number("width", o.width, 1, 1'000'000, "of the GPT, a multiple of the heads");
    f.number("heads", o.heads, 1, 10'000, "of the GPT's attention");
    f.number("context", o.context, 2, 1'000'000, "tokens of the longest sequence");
    f.choice("positions", o.positions, {"random", "sinusoid"},
             "how their table begins: random or sinusoid")
        .only_if(o.positions != "random");
    // The steps that they come to are on record.
    f.number_above("epochs", o.epochs, 0, 1e6, "passes over the corpus").quiet();
    f.number("steps", o.steps, 0, kMost, "steps, instead of passes; 0: by --epochs");
    f.number("val-every", o.val_every, 0, kMost,
             "steps between two validations; 0: only at the end");
    f.number("val-rows", o.val_rows, 1, kMost, "rows of a validation, at most");
    f.text("text", o.text, "a text file, or JSONL with --field, instead of the worksheets")
        .file()
        .only_if(!o.text.empty());
    f.repeated("field", o.fields, "field of the JSONL's objects; may be repeated")
        .only_if(!o.text.empty());
    f.number("sample", o.sample, 0, kMost, "print so many tokens of the model's at the end")
        .quiet();
    f.number("temperature", o.temperature, 0, 100, "of that sample").quiet();
}

Outcome pretrain(const PretrainOptions& options) {
    check(flags_of(options));
    check_trains(options.loop, "pretrain", Learner::begins_at_random);
    if (options.width % options.heads != 0)
        fail("--width must be a multiple of --heads {}, found {}", options.heads, options.width);
    const tokenizer::Tokenizer tokenizer = load_tokenizer(options.stage.run);
    if (options.positions != "random" && options.family != "gpt2")
        fail("--positions {}: the family {} turns by its positions and has no table of them",
             options.positions, options.family);
    engine::GptConfig config;
    config.family = engine::family_named(options.family);
    config.layers = options.layers;
    config.heads = options.heads;
    config.width = options.width;
    config.context = options.context;
    config.vocab = tokenizer.size();
    require_memory(options.stage, "pretrain", config, options.loop.batch, options.context,
                   by_muon(options.loop));
    check_context(options, tokenizer);
    const PretrainSource source =
        options.text.empty() ? open_worksheets(options.stage.run, options.context, tokenizer)
                             : open_text(options.text, options.fields, options.context, tokenizer);
    const int64_t per_epoch = source.rows_per_epoch();
    const double all = options.epochs * static_cast<double>(per_epoch);
    const int64_t steps =
        options.steps > 0 ? options.steps
                          : std::llround(std::ceil(all / static_cast<double>(options.loop.batch)));
    if (steps < 1) fail("--epochs {} is not a single step", options.epochs);
    Stage stage(options.stage, "pretrain", record_of(options, source, steps));
    if (stage.done()) return Outcome::finished;

    const uint64_t seed = stage.seed();
    engine::Gpt model(config, Random(seed, "pretrain/init"));
    if (options.positions == "sinusoid") begin_with_sinusoids(model);
    Trainer trainer(options.loop, stage, trained(model, stage.run()), steps);
    PretrainBatches batches{source, seed, options.loop.batch, per_epoch, -1, {}};
    const auto validation_rows = validation_batches(source, options.val_rows, options.loop.batch);
    trainer.expect_memory(model.config, options.loop.batch, options.context);

    while (trainer.running()) {
        const NextTokens b = next_tokens(batches.at(trainer.step()), options.context);

        model.zero_grad();
        const double loss = engine::next_token_gradient(trainer.tape, model, b.inputs, b.targets,
                                                        b.weights, b.batch, options.context);
        Metrics metrics = trainer.update(loss);

        const int64_t done = trainer.step() + 1;
        metrics.set({"tokens", done * options.loop.batch * options.context});
        const bool look = options.val_every > 0 && done % options.val_every == 0;
        if (look && !validation_rows.empty())
            metrics.set({"val_loss",
                         validation_loss(trainer.tape, model, validation_rows, options.context)});
        trainer.end_step(metrics);
    }
    if (trainer.stopped()) return Outcome::stopped;

    const int64_t tokens = steps * options.loop.batch * options.context;
    Json result{{"tokens", tokens}, {"parameters", model.parameter_count()}};
    if (!validation_rows.empty())
        result["val_loss"] = validation_loss(trainer.tape, model, validation_rows, options.context);
    trainer.finish(result);
    if (options.sample > 0)
        fmt::print("{}\n", sample_text(model, tokenizer, options.sample, options.temperature,
                                       Random(seed, "pretrain/sample")));
    return Outcome::finished;
}

} // namespace qstar::train
