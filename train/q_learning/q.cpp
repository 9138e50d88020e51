#include "train/q_learning/q.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/io/output.h"
#include "engine/nn/lora.h"
#include "engine/text/jsonl.h"
#include "search/models/encode.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "search/models/run.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/q_learning/q_targets.h"
#include "train/run/resumable_map.h"
#include "train/supervised/text_judge.h"

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <numeric>
#include <set>
#include <utility>

namespace qstar::train {

namespace {

std::string target_path(const Stage& stage, int64_t iteration) {
    return stage.path(fmt::format("target-{}.safetensors", iteration));
}

// The target network of an iteration: the network as it was at its start. It is kept in a
// file, for a run that is killed within the iteration.
engine::Gpt target_network(const Stage& stage, int64_t iteration, const engine::Gpt& model,
                           bool starts) {
    const std::string path = target_path(stage, iteration);
    if (!starts) return engine::load_gpt(path);
    engine::save_gpt(path, model);
    return merged(model); // what stands in the file
}

// Those that are learned from: all, or of each problem so many right and wrong ones, the most often
// drawn.
std::vector<size_t> chosen(std::span<const Rollout> rollouts, int64_t each) {
    std::vector<size_t> often(rollouts.size());
    std::iota(often.begin(), often.end(), size_t{0});
    if (each == 0) return often;
    std::stable_sort(often.begin(), often.end(),
                     [&](size_t a, size_t b) { return rollouts[a].count > rollouts[b].count; });
    std::map<std::pair<std::string, bool>, int64_t> taken;
    std::erase_if(often, [&](size_t i) {
        return ++taken[{rollouts[i].path.problem, rollouts[i].right}] > each;
    });
    std::sort(often.begin(), often.end());
    return often;
}

std::vector<Example> examples_of(std::span<const Rollout> rollouts, const StepValues& values,
                                 std::span<const size_t> learned,
                                 const tokenizer::Tokenizer& tokenizer) {
    std::vector<Example> examples;
    for (const size_t i : learned) {
        const std::vector<float> weights(values[i].size(), 1.0f);
        examples.push_back(step_example(tokenizer, rollouts[i].path, values[i], weights, true,
                                        rollouts[i].right ? values[i].size() : 0));
    }
    return examples;
}

// For a Q that is read from the text: by the values of all steps that roll-outs took after a state.
std::vector<Example> text_examples_of(std::span<const Rollout> rollouts, const StepValues& values,
                                      std::span<const size_t> learned,
                                      const tokenizer::Tokenizer& tokenizer) {
    KnownSteps known(tokenizer);
    for (size_t i = 0; i < rollouts.size(); ++i)
        for (size_t steps = 1; steps <= rollouts[i].path.steps.size(); ++steps)
            known.add(beginning(rollouts[i].path, steps), values[i][steps - 1]);
    std::vector<Example> examples;
    for (const size_t i : learned)
        examples.push_back(known.example(rollouts[i].path, rollouts[i].path.steps.size()));
    return examples;
}

double mean_of(const StepValues& values) {
    double sum = 0, count = 0;
    for (const auto& steps : values)
        for (const float value : steps) sum += value, count += 1;
    return count > 0 ? sum / count : 0;
}

} // namespace

void describe(Flags& f, QOptions& o) {
    describe(f, o.stage);
    describe(f, o.loop);
    f.number("problems", o.problems, 1, kMost, "training problems that are rolled out");
    describe(f, o.explore);
    f.text("from", o.from, "stage whose model is rolled out and has the first weights");
    f.number("epochs", o.epochs, 1, kMost, "passes over the roll-outs in each iteration");
    f.number("iterations", o.iterations, 1, kMost, "of the target network");
    f.choice(
        "start", o.start, {"monte-carlo", "best", "zero"},
        "first targets: monte-carlo (mean return), best (the best one) or zero (rewards only)");
    f.number("discount", o.discount, 0, 1, "of the value a step later");
    f.number("easy", o.easy, 0, 1, "learn so much of what all roll-outs of a problem solved")
        .only_if(o.easy < 1);
    f.number("each", o.each, 0, kMost,
             "learn from so many right and wrong roll-outs of a problem at most; 0: all")
        .only_if(o.each > 0);
    f.number("extra-layers", o.extra_layers, 0, 100,
             "layers more than the policy has; none with --trains head");
    f.number("text-weight", o.text, 0, 100, "weight of the next-token loss on right solutions");
    describe_judge(f, o.judge);
    search::world_flag(f, o.world);
}

Outcome fit_q(const QOptions& options, Stage& stage, std::vector<Rollout> drawn,
              const engine::Gpt& base, const std::string& from) {
    const uint64_t seed = stage.seed();
    const tokenizer::Tokenizer tokenizer = load_tokenizer(options.stage.run);
    std::vector<Rollout> rollouts, validation_rows;
    for (Rollout& rollout : drawn) {
        // A byte that is no UTF-8 takes three in the file (jsonl.h): a text that has outgrown
        // the context by that is left out.
        if (static_cast<int64_t>(search::encode(tokenizer, rollout.path).tokens.size()) >
            base.config.context)
            continue;
        (validation_problem(rollout.path.problem) ? validation_rows : rollouts)
            .push_back(std::move(rollout));
    }
    if (options.easy < 1) {
        const std::set<std::string> worth = worth_learning(rollouts, options.easy, seed);
        std::erase_if(rollouts, [&](const Rollout& r) { return !worth.contains(r.path.problem); });
    }
    if (rollouts.empty()) fail("{}: no roll-outs to train on", stage.path("rollouts.jsonl"));
    const auto asked = [&](std::span<const Rollout> of, const StepValues& values,
                           std::span<const size_t> learned) {
        return options.judge == "text" ? text_examples_of(of, values, learned, tokenizer)
                                       : examples_of(of, values, learned, tokenizer);
    };
    auto [model, objective] =
        new_judge(options.judge, base, options.extra_layers, options.text, options.loop, stage);
    // What roll-outs say of the problems that are kept for validation.
    const std::vector<Example> judged =
        asked(validation_rows, monte_carlo_returns(validation_rows, options.discount),
              chosen(validation_rows, options.each));

    const std::vector<size_t> learned = chosen(rollouts, options.each);
    const int64_t per_epoch =
        (static_cast<int64_t>(learned.size()) + options.loop.batch - 1) / options.loop.batch;
    const int64_t per_iteration = per_epoch * options.epochs;
    const int64_t steps = per_iteration * options.iterations;
    Trainer trainer(options.loop, stage, trained(model, stage.run(), from), steps);
    trainer.describe("reading", search::name_of(search::Reading::whole_solution));
    std::vector<Example> examples;
    std::vector<std::vector<int64_t>> epoch;
    double mean_target = 0;
    while (trainer.running()) {
        const int64_t iteration = trainer.step() / per_iteration;
        const bool starts = trainer.step() % per_iteration == 0;
        if (examples.empty() || starts) {
            // Step 1: the target network is the network as it stands.
            // Step 2: the targets, R + discount * max over the next steps of its Q.
            StepValues values;
            if (iteration == 0) {
                values =
                    options.start == "zero" ? fitted_q_targets(rollouts, nullptr, options.discount)
                    : options.start == "best" ? best_returns(rollouts, options.discount)
                                              : monte_carlo_returns(rollouts, options.discount);
            } else {
                engine::Gpt target = target_network(stage, iteration, model, starts);
                search::GptScorer scorer(target, tokenizer, search::Reading::whole_solution);
                values = fitted_q_targets(rollouts, &scorer, options.discount);
            }
            examples = asked(rollouts, values, learned);
            mean_target = mean_of(values);
        }
        // Step 3: fit the network to them.
        const int64_t turn = trainer.step() % per_epoch;
        if (epoch.empty() || turn == 0)
            epoch = make_epoch(examples, options.loop.batch, seed, trainer.step() / per_epoch);
        const Batch batch = make_batch(examples, epoch[static_cast<size_t>(turn)]);
        model.zero_grad();
        const RewardLoss loss = objective.gradient(trainer.tape, model, batch);
        Metrics metrics = trainer.update(loss.total);
        metrics.set({"label_loss", loss.judged});
        metrics.set({"iteration", iteration});
        metrics.set({"mean_target", mean_target});
        if (turn + 1 == per_epoch)
            metrics.set(objective.validate(model, judged, options.loop.batch));
        trainer.end_step(metrics);
    }
    if (trainer.stopped()) return Outcome::stopped;
    for (int64_t i = 1; i < options.iterations; ++i) remove_file(target_path(stage, i));

    Json result = json_of(objective.validate(model, judged, options.loop.batch));
    result["rollouts"] = rollouts.size();
    result["val_rollouts"] = validation_rows.size();
    return trainer.finish(result);
}

static Json record_of(QOptions options) {
    options.world = world_of(options.stage.run, options.world);
    Json flags = stage_record(options);
    flags["inputs"] = {{"model.safetensors", input(model_path(options.stage.run, options.from))}};
    return flags;
}

Outcome q(const QOptions& options) {
    check(flags_of(options));
    check_trains(options.loop, "q", Learner::scores);
    require(options.stage.run, options.from, model_path(options.stage.run, options.from));
    const ProblemSource source = problem_source_of(options.stage.run);
    Stage stage(options.stage, "q", record_of(options));
    if (stage.done()) return Outcome::finished;

    const tokenizer::Tokenizer tokenizer = load_tokenizer(options.stage.run);
    const engine::Gpt policy = load_model(options.stage.run, options.from);
    check_vocab(policy, tokenizer, options.stage.run);
    const auto problems = draw_problems(source, Split::train, options.problems, stage.seed());
    search::GptProposer proposer(policy, tokenizer, stage.seed());
    make_rollouts(stage, beginnings(problems), proposer, *source.world, options.explore);
    return fit_q(options, stage, read_rollouts(stage.path("rollouts.jsonl")), policy,
                 model_path(options.stage.run, options.from));
}

} // namespace qstar::train
