#include "train/rl/ppo.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "train/rl/gae.h"
#include "train/rl/kl.h"
#include "train/rl/policy_gradient.h"
#include "train/rl/surrogate.h"
#include "train/run/batch_gradient.h"

#include <algorithm>
#include <span>
#include <vector>

namespace qstar::train {

namespace {

std::string value_from(const PpoOptions& options) {
    if (!options.value_from.empty()) return options.value_from;
    return options.rl.reward == "verifier" ? "orm" : options.rl.reward;
}

Json record_of(PpoOptions options) {
    options.value_from = value_from(options);
    Json flags = stage_record(options);
    record_inputs(flags, options.rl);
    require(options.rl.stage.run, options.value_from,
            model_path(options.rl.stage.run, options.value_from));
    flags["inputs"]["value"] = input(model_path(options.rl.stage.run, options.value_from));
    return flags;
}

engine::Gpt value_function(const PpoOptions& options, const Stage& stage) {
    engine::Gpt model = load_model(options.rl.stage.run, value_from(options));
    const int64_t base_layers = model.config.layers;
    if (!model.config.scalar_head)
        model = with_scalar_head(
            deeper(model, options.extra_layers, Random(stage.seed(), "ppo/value/layers")));
    model.parameter("score.weight").value.fill(0);
    model.parameter("score.bias").value.fill(0);
    choose_trained(options.rl.loop, stage, model, base_layers);
    return model;
}

// The reward of each written token: the score where it is paid, less the KL penalty.
std::vector<float> token_rewards(std::span<const Episode> episodes, const Rewards& rewards,
                                 std::span<const float> policy, std::span<const float> reference,
                                 double beta) {
    const std::vector<size_t> offsets = offsets_of(episodes);
    std::vector<float> paid(policy.size());
    for (size_t t = 0; t < paid.size(); ++t)
        paid[t] = static_cast<float>(-beta * k1(policy[t], reference[t]));
    for (size_t i = 0; i < episodes.size(); ++i)
        for (const Reward& reward : rewards[i])
            paid[offsets[i] + static_cast<size_t>(reward.at - episodes[i].prompt)] += reward.value;
    return paid;
}

// GAE of each solution for itself, flat.
Advantages advantages_of(std::span<const Episode> episodes, std::span<const float> rewards,
                         std::span<const float> values, const PpoOptions& options) {
    const std::vector<size_t> offsets = offsets_of(episodes);
    Advantages all;
    for (size_t i = 0; i < episodes.size(); ++i) {
        const size_t begin = offsets[i], length = offsets[i + 1] - begin;
        const Advantages one = gae(rewards.subspan(begin, length), values.subspan(begin, length),
                                   options.gamma, options.lambda);
        all.advantages.insert(all.advantages.end(), one.advantages.begin(), one.advantages.end());
        all.returns.insert(all.returns.end(), one.returns.begin(), one.returns.end());
    }
    return all;
}

double sum_of(std::span<const float> values) {
    double sum = 0;
    for (const float value : values) sum += value;
    return sum;
}

// One step of the policy and one of the value function on the same episodes.
void update(Trainer& trainer, engine::Gpt& model, engine::Gpt& critic, const Minibatch& batch,
            const TokenProbs& old, std::span<const float> old_values, const Advantages& estimate,
            const PpoOptions& options, MetricMeans& updates) {
    const size_t tokens = batch.targets.size();
    const auto mean_of = [&](engine::Tape& tape, engine::Var x, const Minibatch& part) {
        return weighted_sum(tape, x,
                            std::vector(part.targets.size(), 1.0f / static_cast<float>(tokens)));
    };
    model.zero_grad();
    const PolicyLoss loss = policy_gradient(
        trainer.tape, model, batch, old.log_prob, options.rl.epsilon,
        [&](engine::Tape& tape, const Minibatch& part, engine::Var chosen) {
            return mean_of(tape,
                           clipped_surrogate(tape, chosen, pick(old.log_prob, part),
                                             pick(estimate.advantages, part), options.rl.epsilon),
                           part);
        });
    const Metrics policy = trainer.update(loss.loss);

    critic.zero_grad();
    double value_loss = 0;
    batch_gradient(trainer.tape, critic, {batch.rows, batch.rows, batch.time}, {&value_loss, 1},
                   [&](engine::Tape& tape, int64_t first, int64_t count, std::span<double> shares) {
                       const Minibatch part = rows_of(batch, first, count);
                       const engine::Var worse = clipped_value_loss(
                           tape, values_before(tape, critic, part), pick(old_values, part),
                           pick(estimate.returns, part), options.value_epsilon);
                       const engine::Var mean = mean_of(tape, worse, part);
                       tape.backward(mean);
                       shares[0] = double{tape.value(mean)[0]};
                   });
    const Metrics value =
        trainer.update(value_loss, schedule(options.rl.loop, options.value_lr), 1);

    updates.add({{"loss", policy.number("loss")},
                 {"value_loss", value.number("loss")},
                 {"norm", policy.number("norm")},
                 {"value_norm", value.number("norm")},
                 {"clip_fraction", loss.shift.clip_fraction},
                 {"approx_kl", loss.shift.approx_kl},
                 {"lr", policy.number("lr")}});
}

Outcome train_ppo(const PpoOptions& options, Stage& stage) {
    const uint64_t seed = stage.seed();
    RlSetup setup = prepare(options.rl, seed);
    engine::Gpt model = without_scalar_head(setup.reference);
    choose_trained(options.rl.loop, stage, model, model.config.layers);
    engine::Gpt critic = value_function(options, stage);
    const std::string from = model_path(stage.run(), options.rl.from);
    Trainer trainer(options.rl.loop, stage, trained(model, critic, stage.run(), from),
                    options.rl.steps);
    while (trainer.running()) {
        const int64_t step = trainer.step();
        const double beta = trainer.recall("kl", options.kl);

        // Step 1: the policy writes solutions of training problems.
        const std::vector<Episode> episodes =
            roll_out(setup, options.rl, model, step, options.rl.loop.batch, 1);
        const TokenProbs old = token_probs(model, episodes);
        const std::vector<float> reference = token_probs(setup.reference, episodes).log_prob;

        // Step 2: what they earn, less a price for every nat by which they leave the reference.
        const Rewards rewards = setup.reward(episodes);
        const std::vector<float> paid =
            token_rewards(episodes, rewards, old.log_prob, reference, beta);

        // Step 3: advantages, by the values that were expected.
        const std::vector<float> values = values_before(critic, episodes);
        Advantages estimate = advantages_of(episodes, paid, values, options);
        whiten(estimate.advantages);

        // Step 4: several passes over them, with the clipped objectives.
        MetricMeans updates(
            {"loss", "value_loss", "norm", "value_norm", "clip_fraction", "approx_kl", "lr"});
        for (int64_t epoch = 0; epoch < options.rl.epochs; ++epoch) {
            const auto order = epoch_order(episodes.size(), seed, step, epoch);
            for (const Minibatch& batch : make_minibatches(episodes, order, options.rl.minibatch))
                update(trainer, model, critic, batch, old, values, estimate, options, updates);
        }

        // Step 5: the price is steered towards the KL that was asked for.
        const Diagnostics found = diagnostics(setup, episodes, rewards, old, reference);
        trainer.remember("kl", adapt_kl(beta, found.kl, options.kl_target, options.kl_gain));
        Metrics metrics = updates.means();
        metrics.set(found.metrics());
        metrics.set({"kl_coefficient", beta});
        metrics.set(
            {"reward", sum_of(paid) / std::max<double>(1, static_cast<double>(episodes.size()))});
        metrics.set({"explained_variance", explained_variance(estimate.returns, values)});
        trainer.end_step(metrics, found.note());
    }
    if (trainer.stopped()) return Outcome::stopped;
    return trainer.finish(first_and_last(stage));
}

} // namespace

void describe(Flags& f, PpoOptions& o) {
    describe(f, o.rl);
    f.text("value-from", o.value_from,
           "stage whose weights the value function starts from; default: the reward model's");
    f.number("extra-layers", o.extra_layers, 0, 100, "of the value function, if that is a policy");
    f.number("value-lr", o.value_lr, 0, 10, "learning rate of the value function at its peak");
    f.number("value-epsilon", o.value_epsilon, 1e-6, 1e6, "of the value's clip");
    f.number("gamma", o.gamma, 0, 1, "discount");
    f.number("lambda", o.lambda, 0, 1, "of the generalised advantage estimation");
    f.number("kl", o.kl, 0, 1000, "coefficient of the KL penalty at the beginning; 0: none");
    f.number("kl-target", o.kl_target, 0, 1e6,
             "nats a solution, to which the coefficient steers; 0: it stays as it is");
    f.number("kl-gain", o.kl_gain, 0, 1, "how fast it steers");
}

Outcome ppo(const PpoOptions& options) {
    check(flags_of(options));
    check(options.rl, "ppo");
    Stage stage(options.rl.stage, options.rl.name, record_of(options));
    const Outcome outcome = stage.done() ? Outcome::finished : train_ppo(options, stage);
    if (options.rl.summary) print_summary(options.rl, stage);
    return outcome;
}

} // namespace qstar::train
