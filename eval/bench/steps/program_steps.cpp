#include "eval/bench/steps/program_steps.h"

#include "engine/nn/mlp.h"
#include "engine/nn/next_token.h"
#include "train/rl/minibatch.h"
#include "train/rl/policy_gradient.h"
#include "train/rl/surrogate.h"
#include "train/run/batches.h"
#include "train/run/trainer.h"
#include "train/supervised/reward.h"

#include <algorithm>
#include <fmt/core.h>
#include <memory>
#include <numeric>

namespace qstar::eval {

namespace {

using engine::Gpt, engine::Tape, engine::Var;

constexpr int64_t kVocab = 260; // of the demo's tokenizer

// The demo's policy; a reward model has two layers more and a scalar head.
engine::GptConfig demo_policy(int64_t layers, bool scores) {
    return {.layers = layers,
            .heads = 4,
            .width = 128,
            .context = 128,
            .vocab = kVocab,
            .scalar_head = scores,
            .family = engine::Family::qwen3};
}

// Of the demo's solutions: 8 to 89 tokens, 21 on average; the longest of 32 has 29.
int64_t solution_length(Random& random) {
    const auto most = static_cast<uint64_t>(random.below(40) == 0 ? 30 : 14);
    return 14 + static_cast<int64_t>(random.below(most));
}

std::vector<train::Example> solutions(int64_t count) {
    Random random(1, "bench/solutions");
    const auto token = [&] { return static_cast<int>(random.below(kVocab)); };
    std::vector<train::Example> examples(static_cast<size_t>(count));
    for (train::Example& e : examples) {
        const auto n = static_cast<size_t>(solution_length(random));
        for (size_t t = 0; t < n; ++t) {
            e.inputs.push_back(token());
            e.targets.push_back(token());
            e.labels.push_back(static_cast<float>(random.below(2)));
            e.weights.push_back(t >= n / 2 ? 1.0f : 0.0f);
        }
        e.text_weights = e.weights;
    }
    return examples;
}

int64_t tokens_of(const std::vector<train::Example>& examples) {
    int64_t tokens = 0;
    for (const train::Example& e : examples) tokens += static_cast<int64_t>(e.inputs.size());
    return tokens;
}

train::Batch batch_of(const std::vector<train::Example>& examples) {
    std::vector<int64_t> all(examples.size());
    std::iota(all.begin(), all.end(), int64_t{0});
    return train::make_batch(examples, all);
}

train::LoopOptions recipe(bool muon) {
    train::LoopOptions loop;
    if (muon) loop.optimizer = "muon";
    return loop;
}

// What every step has. A small rate, so that the numbers stay those of a model.
template <class Model>
struct StepLearner {
    StepLearner(Model model_, bool muon)
        : model(std::move(model_)), optimiser(model.parameters, optimiser_config(muon)) {}

    static engine::OptimiserConfig optimiser_config(bool muon) {
        return train::optimiser(recipe(muon));
    }
    void update() { optimiser.update(model.parameters, 1e-4f, 1e-3f); }

    Model model;
    engine::Optimiser optimiser;
    Tape tape;
};

using GptLearner = StepLearner<Gpt>;

double gpt_flops(const Gpt& model, int64_t tokens) {
    return 6 * static_cast<double>(model.parameter_count()) * static_cast<double>(tokens);
}

ProgramStep next_token_step(const train::Batch& batch, int64_t tokens) {
    auto it =
        std::make_shared<GptLearner>(Gpt(demo_policy(4, false), Random(1, "bench/model")), true);
    const auto gradient = [it, batch] {
        it->model.zero_grad();
        engine::next_token_gradient(it->tape, it->model, batch.inputs, batch.targets, batch.weights,
                                    batch.rows, batch.time);
    };
    return {{}, gpt_flops(it->model, tokens), gradient, [it] { it->update(); }};
}

ProgramStep pretrain_step() {
    constexpr int64_t kRows = 8, kTime = 128;
    Random random(1, "bench/rows");
    train::Batch batch;
    batch.rows = kRows;
    batch.time = kTime;
    for (int64_t i = 0; i < kRows * kTime; ++i) {
        batch.inputs.push_back(static_cast<int>(random.below(kVocab)));
        batch.targets.push_back(static_cast<int>(random.below(kVocab)));
        batch.weights.push_back(1);
    }
    return next_token_step(batch, kRows * kTime);
}

ProgramStep sft_step() {
    const auto examples = solutions(16);
    return next_token_step(batch_of(examples), tokens_of(examples));
}

ProgramStep reward_step() {
    const auto examples = solutions(32);
    auto it =
        std::make_shared<GptLearner>(Gpt(demo_policy(6, true), Random(1, "bench/model")), true);
    const auto gradient = [it, batch = batch_of(examples)] {
        it->model.zero_grad();
        train::reward_gradient(it->tape, it->model, batch, 1);
    };
    return {{}, gpt_flops(it->model, tokens_of(examples)), gradient, [it] { it->update(); }};
}

// The policy's update on 32 episodes, without the value function's, which is a reward model's.
ProgramStep ppo_step() {
    Random random(1, "bench/episodes");
    std::vector<train::Episode> episodes(32);
    int64_t tokens = 0;
    for (train::Episode& e : episodes) {
        const int64_t n = solution_length(random);
        for (int64_t t = 0; t < n; ++t) e.tokens.push_back(static_cast<int>(random.below(kVocab)));
        e.prompt = static_cast<int>(n / 3);
        tokens += n;
    }
    auto it =
        std::make_shared<GptLearner>(Gpt(demo_policy(4, false), Random(1, "bench/model")), false);
    const auto gradient = [it, batch = train::make_minibatch(episodes)] {
        it->model.zero_grad();
        const size_t written = batch.targets.size();
        train::policy_gradient(it->tape, it->model, batch, std::vector<float>(written, -5.0f), 0.2,
                               [&](Tape& tape, const train::Minibatch& part, Var chosen) {
                                   const std::vector<float> old(part.targets.size(), -5.0f);
                                   const std::vector<float> pay(part.targets.size(), 0.5f);
                                   const std::vector<float> each(
                                       part.targets.size(), 1.0f / static_cast<float>(written));
                                   return train::weighted_sum(
                                       tape, train::clipped_surrogate(tape, chosen, old, pay, 0.2),
                                       each);
                               });
    };
    return {{}, gpt_flops(it->model, tokens), gradient, [it] { it->update(); }};
}

// States of which `on` of the features are 1.
engine::Bags puzzle_states(const engine::MlpConfig& config, int64_t rows, int64_t on) {
    Random random(1, "bench/states");
    engine::Bags bags;
    for (int64_t r = 0; r < rows; ++r) {
        for (int64_t i = 0; i < on; ++i) // one of each tile's places
            bags.on.push_back(static_cast<int>(
                i * (config.inputs / on) +
                static_cast<int64_t>(random.below(static_cast<uint64_t>(config.inputs / on)))));
        bags.first.push_back(static_cast<int>(bags.on.size()));
    }
    return bags;
}

// A value network learns from them.
ProgramStep puzzle_step(const engine::MlpConfig& config, int64_t rows, int64_t on) {
    auto it = std::make_shared<StepLearner<engine::Mlp>>(
        engine::Mlp(config, Random(1, "bench/network")), false);
    const engine::Bags bags = puzzle_states(config, rows, on);
    const auto gradient = [it, bags, rows, outputs = config.outputs] {
        Tape& tape = it->tape;
        tape.reset();
        it->model.zero_grad();
        const engine::Tensor y = tape.allocate({rows, outputs});
        y.fill(1);
        const Var off = engine::sub(tape, engine::forward(tape, it->model, bags), tape.constant(y));
        tape.backward(engine::scale(tape, engine::sum(tape, engine::mul(tape, off, off)),
                                    1 / static_cast<float>(rows)));
    };
    const double first = static_cast<double>(config.inputs * config.width);
    const double rest = static_cast<double>(it->model.parameter_count()) - first;
    const double flops =
        static_cast<double>(rows) * (6 * rest + 2 * static_cast<double>(on * config.width));
    return {{}, flops, gradient, [it] { it->update(); }};
}

// A value network rates them, as a search asks it to. A multiply-add is two operations; of the
// first layer the additions count that are made.
ProgramStep rating_step(const engine::MlpConfig& config, int64_t rows, int64_t on) {
    auto network = std::make_shared<engine::Mlp>(config, Random(1, "bench/network"));
    const auto rest =
        static_cast<double>(network->parameter_count() - config.inputs * config.width);
    const double flops =
        static_cast<double>(rows) * (2 * rest + static_cast<double>(on * config.width));
    auto out = std::make_shared<std::vector<float>>(static_cast<size_t>(rows * config.outputs));
    const auto rate = [network, out, bags = puzzle_states(config, rows, on)] {
        engine::evaluate(*network, bags, out->data());
    };
    return {{}, flops, rate, [] {}};
}

} // namespace

std::vector<ProgramStepMaker> program_steps() {
    std::vector<ProgramStepMaker> steps;
    const auto add = [&](const std::string& name, std::function<ProgramStep()> make) {
        steps.push_back({name, [name, make = std::move(make)] {
                             ProgramStep step = make();
                             step.name = name;
                             return step;
                         }});
    };
    add("pre-training: qwen3 L4 D128, 8 x 128 tokens, Muon", pretrain_step);
    add("fine-tuning: qwen3 L4 D128, 16 solutions, Muon", sft_step);
    add("PRM, Q: qwen3 L6 D128, 32 solutions, Muon", reward_step);
    add("PPO's policy: qwen3 L4 D128, 32 episodes, AdamW", ppo_step);
    add("15-puzzle: MLP of 2 blocks, width 384, 1000 states", [] {
        return puzzle_step({256, 384, 2, 1}, 1000, 16);
    });
    add("15-puzzle: 10000 states rated by the MLP of 2 blocks, width 384", [] {
        return rating_step({256, 384, 2, 1}, 10000, 16);
    });
    add("Lights Out 5x5: MLP of 1 block, width 64, 100 states", [] {
        return puzzle_step({50, 64, 1, 1}, 100, 25);
    });
    return steps;
}

} // namespace qstar::eval
