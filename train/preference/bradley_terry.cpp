#include "train/preference/bradley_terry.h"

#include "engine/io/files.h"
#include "engine/nn/lora.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "search/models/run.h"
#include "train/rl/minibatch.h"
#include "train/run/batch_gradient.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

using engine::Tape, engine::Var;

namespace {

constexpr int64_t kValidatedAtOnce = 32; // prompts

// The score of each output, on the tape, at its answer token.
Var scores_of(Tape& tape, const Minibatch& batch, std::span<const Episode> outputs, Var states,
              engine::Gpt& model) {
    std::vector<int> answers;
    for (size_t i = 0; i < outputs.size(); ++i)
        answers.push_back(static_cast<int>(i) * static_cast<int>(batch.time) +
                          outputs[i].ends.back());
    return scores(tape, model, gather_rows(tape, states, answers));
}

// 1 at the written tokens of the outputs that are nobody's worse: right work, as far as ranks tell.
// Where the ranks contradict each other there may be none.
std::vector<float> best_tokens(const Comparisons& compared) {
    std::vector<float> best(compared.outputs.size(), 1.0f);
    for (const Comparisons::Pair& pair : compared.pairs) best[static_cast<size_t>(pair.worse)] = 0;
    std::vector<float> weights;
    for (size_t i = 0; i < compared.outputs.size(); ++i)
        weights.insert(weights.end(), static_cast<size_t>(compared.outputs[i].written()), best[i]);
    return weights;
}

struct RankedLoss {
    double total, ranked;
};

// Step 1: all outputs of some prompts, each evaluated once.
// Step 2: what the annotator's ranks cost under Bradley and Terry.
// Step 3: the next-token loss of the preferred ones keeps the arithmetic alive (reward.h).
RankedLoss ranked_gradient(Tape& tape, engine::Gpt& model, const Comparisons& all, double text) {
    const int64_t prompts = prompts_in(all);
    const double weight_of_all = weight_of(all.pairs);
    double asked = 0; // tokens
    for (const float weight : best_tokens(all)) asked += weight;
    std::array<double, 2> sums{};
    batch_gradient(tape, model, {prompts, std::ssize(all.outputs), longest_of(all.outputs)}, sums,
                   [&](Tape& own, int64_t first, int64_t count, std::span<double> shares) {
                       const Comparisons compared = prompts_of(all, first, count);
                       const Minibatch batch = make_minibatch(compared.outputs);
                       const Var states = hidden(own, model, batch.inputs, batch.rows, batch.time);
                       const Var score = scores_of(own, batch, compared.outputs, states, model);
                       const Var ranked =
                           bradley_terry_loss(own, score, compared.pairs, weight_of_all);
                       Var loss = ranked;
                       const std::vector<float> best = best_tokens(compared);
                       if (text > 0 && std::find(best.begin(), best.end(), 1.0f) != best.end()) {
                           const Var written = cross_entropy(
                               own, logits(own, model, gather_rows(own, states, batch.before)),
                               batch.targets, best, asked);
                           loss = add(own, ranked, scale(own, written, static_cast<float>(text)));
                       }
                       own.backward(loss);
                       shares[0] = double{own.value(loss)[0]};
                       shares[1] = double{own.value(ranked)[0]};
                   });
    return {sums[0], sums[1]};
}

std::vector<float> differences(engine::Gpt& model, std::span<const Ranking> rankings,
                               const tokenizer::Tokenizer& tokenizer, const std::string& file) {
    Tape tape(false);
    std::vector<float> found;
    for (size_t begin = 0; begin < rankings.size(); begin += kValidatedAtOnce) {
        tape.reset();
        const size_t count = std::min<size_t>(kValidatedAtOnce, rankings.size() - begin);
        const Comparisons compared =
            comparisons_of(rankings.subspan(begin, count), tokenizer, model.config.context, file);
        const Minibatch batch = make_minibatch(compared.outputs);
        const Var states = hidden(tape, model, batch.inputs, batch.rows, batch.time);
        const engine::Tensor& score =
            tape.value(scores_of(tape, batch, compared.outputs, states, model));
        for (const Comparisons::Pair& pair : compared.pairs)
            found.push_back(score[pair.better] - score[pair.worse]);
    }
    return found;
}

// What the annotator could reach, where the file's stage says so (rank.h).
Metrics annotator_of(const std::string& file) {
    const std::string done = join_path(file.substr(0, file.rfind('/')), "done.json");
    if (!file.ends_with("/ranks.jsonl") || !exists(done)) return {};
    Metrics annotator;
    const JsonLine result = object_field(read_json(done), "result");
    for (const char* name : {"val_ceiling", "val_agreement"})
        if (has_field(result, name)) annotator.set({name, number_field(result, name)});
    return annotator;
}

void print_result(const Calibration& found, const Metrics& annotator) {
    fmt::print("\n{} held-out pairs: {:.1f} % predicted", found.pairs, 100 * found.accuracy);
    if (!annotator.empty())
        fmt::print("; the annotator's preference without its noise predicts {:.1f} %, the "
                   "annotator, asked again, says the same of {:.1f} %: {:.1f} % of the ceiling",
                   100 * annotator.number("val_ceiling"), 100 * annotator.number("val_agreement"),
                   100 * annotator.number("of_ceiling"));
    fmt::print("\n\n{}", calibration_table(found));
}

} // namespace

Var bradley_terry_loss(Tape& tape, Var scores, std::span<const Comparisons::Pair> pairs,
                       double total) {
    std::vector<int> better, worse;
    std::vector<float> weights;
    for (const Comparisons::Pair& pair : pairs) {
        better.push_back(pair.better);
        worse.push_back(pair.worse);
        weights.push_back(pair.weight);
    }
    // -log sigmoid(x) is the binary cross-entropy of the logit x with the label 1.
    // One after the other, as in nn/llama.cpp.
    const Var lower = gather_rows(tape, scores, worse), higher = gather_rows(tape, scores, better);
    const Var difference = sub(tape, higher, lower);
    return binary_cross_entropy(tape, difference, std::vector<float>(pairs.size(), 1.0f), weights,
                                total);
}

Calibration calibration_of(engine::Gpt& model, std::span<const Ranking> rankings,
                           const tokenizer::Tokenizer& tokenizer, const std::string& where) {
    return calibration(differences(model, rankings, tokenizer, where));
}

void describe(Flags& f, BradleyTerryOptions& o) {
    describe(f, o.reward);
    f.text("name", o.name, "folder in the run, for models of several annotators").quiet();
}

Outcome reward(const BradleyTerryOptions& options) {
    check(flags_of(options));
    check_name("reward", options.name);
    const auto start =
        begin_reward(options.reward, options.name, stage_record(options), {"rank", "ranks.jsonl"});
    if (!start) return Outcome::finished;
    Stage& stage = *start->stage;
    const std::string& file = start->labels;
    const tokenizer::Tokenizer& tokenizer = start->tokenizer;
    const engine::Gpt& base = start->base;
    const RankSet set = read_rank_set(file, options.reward.stage, options.name,
                                      options.reward.limit, tokenizer, base.config.context);
    const uint64_t seed = stage.seed();
    const int64_t per_epoch =
        (std::ssize(set.train) + options.reward.loop.batch - 1) / options.reward.loop.batch;
    const int64_t steps = options.reward.epochs * per_epoch;
    engine::Gpt model = reward_model(base, options.reward.extra_layers, options.reward.loop, stage);
    const bool head = trains_of(model).what == engine::Trains::head;
    const std::string from = model_path(stage.run(), options.reward.from);
    Trainer trainer(options.reward.loop, stage, trained(model, stage.run(), from), steps);
    trainer.describe("reading", search::name_of(search::Reading::whole_solution));
    std::vector<std::vector<int64_t>> epoch;
    while (trainer.running()) {
        const int64_t turn = trainer.step() % per_epoch;
        if (epoch.empty() || turn == 0)
            epoch = epoch_of_rankings(set.train.size(), options.reward.loop.batch, seed,
                                      trainer.step() / per_epoch);

        const Comparisons compared = comparisons_of(set.batch(epoch[static_cast<size_t>(turn)]),
                                                    tokenizer, base.config.context, file);
        model.zero_grad();
        const RankedLoss loss =
            ranked_gradient(trainer.tape, model, compared, head ? 0 : options.reward.text);
        Metrics metrics = trainer.update(loss.total);
        metrics.set({"label_loss", static_cast<float>(loss.ranked)});
        if (turn + 1 == per_epoch && !set.validation_rows.empty()) {
            metrics.set(calibration_of(model, set.validation_rows, tokenizer, file).metrics());
        }
        trainer.end_step(metrics);
    }
    if (trainer.stopped()) return Outcome::stopped;

    Json result{{"prompts", set.train.size()}, {"val_prompts", set.validation_rows.size()}};
    if (set.validation_rows.empty()) return trainer.finish(result);
    const Calibration found = calibration_of(model, set.validation_rows, tokenizer, file);
    Metrics annotator = annotator_of(file);
    if (!annotator.empty())
        annotator.set({"of_ceiling", found.accuracy / annotator.number("val_ceiling")});
    result.update(calibration_json(found));
    result.update(json_of(annotator));
    trainer.finish(result);
    if (!options.reward.stage.quiet) print_result(found, annotator);
    return Outcome::finished;
}

} // namespace qstar::train
