#include "train/rl/grpo.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "train/rl/kl.h"
#include "train/rl/policy_gradient.h"
#include "train/rl/redraw.h"
#include "train/rl/surrogate.h"
#include "train/run/corpus_format.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

namespace {

Json record_of(const GrpoOptions& options) {
    Json flags = stage_record(options);
    record_inputs(flags, options.rl);
    return flags;
}

// RLOO's reward is one number a solution, r - beta log(pi / pi_ref).
void charge_kl(Rewards& rewards, std::span<const Episode> episodes, std::span<const float> policy,
               std::span<const float> reference, double beta) {
    const std::vector<size_t> offsets = offsets_of(episodes);
    for (size_t i = 0; i < episodes.size(); ++i) {
        double kl = 0;
        for (size_t t = offsets[i]; t < offsets[i + 1]; ++t) kl += k1(policy[t], reference[t]);
        rewards[i].back().value -= static_cast<float>(beta * kl);
    }
}

void update(Trainer& trainer, engine::Gpt& model, const Minibatch& batch, const TokenProbs& old,
            std::span<const float> reference, std::span<const float> advantages,
            const GrpoOptions& options, MetricMeans& updates) {
    const std::string& average = options.average.empty()
                                     ? (options.baseline == "group" ? "solution" : "batch")
                                     : options.average;
    const auto weights_of = [&](const Minibatch& part) {
        const auto rows = static_cast<float>(batch.rows);
        std::vector<float> weights;
        for (const float length : part.lengths)
            weights.push_back(average == "solution" ? 1 / (rows * length)
                              : average == "fixed"
                                  ? 1 / (rows * static_cast<float>(options.rl.max_tokens))
                                  : 1 / static_cast<float>(batch.lengths.size()));
        return weights;
    };
    const Clip clip(options.rl.epsilon,
                    options.epsilon_high > 0 ? options.epsilon_high : options.rl.epsilon);
    model.zero_grad();
    const PolicyLoss loss =
        policy_gradient(trainer.tape, model, batch, old.log_prob, clip,
                        [&](engine::Tape& tape, const Minibatch& part, engine::Var chosen) {
                            engine::Var gain =
                                clipped_surrogate(tape, chosen, pick(old.log_prob, part),
                                                  pick(advantages, part), clip);
                            if (options.baseline != "rloo" && options.kl > 0)
                                gain = sub(tape, gain,
                                           scale(tape, k3(tape, chosen, pick(reference, part)),
                                                 static_cast<float>(options.kl)));
                            return weighted_sum(tape, gain, weights_of(part));
                        });
    const Metrics policy = trainer.update(loss.loss);

    updates.add({{"loss", policy.number("loss")},
                 {"norm", policy.number("norm")},
                 {"clip_fraction", loss.shift.clip_fraction},
                 {"approx_kl", loss.shift.approx_kl},
                 {"lr", policy.number("lr")}});
}

// What the share that is right and the length are without a choice: of all that was drawn.
Metrics of_all(const RlSetup& setup, std::span<const Episode> drawn) {
    double right = 0, tokens = 0;
    for (const Episode& episode : drawn) {
        right += setup.source.world->solved(episode.path);
        tokens += episode.written();
    }
    const double n = std::max(1.0, static_cast<double>(drawn.size()));
    return {{"drawn", std::ssize(drawn)}, {"drawn_right", right / n}, {"drawn_length", tokens / n}};
}

Outcome train_grpo(const GrpoOptions& options, Stage& stage) {
    const uint64_t seed = stage.seed();
    RlSetup setup = prepare(options.rl, seed);
    engine::Gpt model = without_scalar_head(setup.reference);
    choose_trained(options.rl.loop, stage, model, model.config.layers);
    const std::string from = model_path(stage.run(), options.rl.from);
    Trainer trainer(options.rl.loop, stage, trained(model, stage.run(), from), options.rl.steps);
    while (trainer.running()) {
        const int64_t step = trainer.step();

        // Step 1: a group of solutions of each problem, and what they earn.
        const auto draw = [&](int64_t round, int64_t groups) {
            PaidEpisodes paid;
            paid.episodes = roll_out(setup, options.rl, model, step, groups, options.group, round);
            paid.rewards = setup.reward(paid.episodes);
            return paid;
        };
        const int64_t groups = options.rl.loop.batch / options.group;
        PaidEpisodes drawn;
        const auto [episodes, rewards] = options.redraw > 0
                                             ? draw_differing(groups, options.redraw, draw, drawn)
                                             : draw(0, groups);
        const TokenProbs old = token_probs(model, episodes);
        const std::vector<float> reference = token_probs(setup.reference, episodes).log_prob;

        // Step 2: the pay, compared within the group.
        Rewards charged = rewards;
        if (options.baseline == "rloo")
            charge_kl(charged, episodes, old.log_prob, reference, options.kl);
        const std::vector<float> advantages = group_advantages(episodes, charged, options.baseline);

        // Step 3: the clipped objective, less the KL to the reference.
        MetricMeans updates({"loss", "norm", "clip_fraction", "approx_kl", "lr"});
        for (int64_t epoch = 0; epoch < options.rl.epochs; ++epoch) {
            const auto order = epoch_order(episodes.size(), seed, step, epoch);
            for (const Minibatch& batch : make_minibatches(episodes, order, options.rl.minibatch))
                update(trainer, model, batch, old, reference, advantages, options, updates);
        }

        const Diagnostics found = diagnostics(setup, episodes, rewards, old, reference);
        Metrics metrics = updates.means();
        metrics.set(found.metrics());
        if (options.redraw > 0) metrics.set(of_all(setup, drawn.episodes));
        trainer.end_step(metrics, found.note());
    }
    if (trainer.stopped()) return Outcome::stopped;
    return trainer.finish(first_and_last(stage));
}

// Subtracts the mean of what the group [begin, end) was paid; divides by the deviation.
Rewards normalised(std::span<const std::vector<Reward>> group, bool divide) {
    double sum = 0, squares = 0, count = 0;
    for (const auto& rewards : group)
        for (const Reward& reward : rewards) sum += reward.value, count += 1;
    const double mean = sum / count;
    for (const auto& rewards : group)
        for (const Reward& reward : rewards)
            squares += (reward.value - mean) * (reward.value - mean);
    const double factor = divide ? 1 / (std::sqrt(squares / count) + 1e-4) : 1;
    Rewards result(group.begin(), group.end());
    for (auto& rewards : result)
        for (Reward& reward : rewards)
            reward.value = static_cast<float>((reward.value - mean) * factor);
    return result;
}

// One reward at the last token: the score less the mean score of the others.
Rewards left_one_out(std::span<const std::vector<Reward>> group) {
    double sum = 0;
    for (const auto& rewards : group) sum += score_of(rewards);
    Rewards result;
    for (const auto& rewards : group) {
        const double score = score_of(rewards);
        const double others = (sum - score) / static_cast<double>(group.size() - 1);
        result.push_back({{rewards.back().at, static_cast<float>(score - others)}});
    }
    return result;
}

} // namespace

std::vector<float> group_advantages(std::span<const Episode> episodes, const Rewards& rewards,
                                    const std::string& baseline) {
    const std::vector<size_t> offsets = offsets_of(episodes);
    std::vector<float> advantages(offsets.back(), 0.0f);
    for (size_t begin = 0, end = 0; begin < episodes.size(); begin = end) {
        while (end < episodes.size() && episodes[end].group == episodes[begin].group) ++end;
        if (end - begin < 2) continue;
        const auto group = std::span(rewards).subspan(begin, end - begin);
        const Rewards relative =
            baseline == "rloo" ? left_one_out(group) : normalised(group, baseline == "group");
        for (size_t i = begin; i < end; ++i) {
            for (const Reward& reward : relative[i - begin]) {
                const auto paid = static_cast<size_t>(reward.at - episodes[i].prompt);
                for (size_t w = 0; w <= paid; ++w) advantages[offsets[i] + w] += reward.value;
            }
        }
    }
    return advantages;
}

void describe(Flags& f, GrpoOptions& o) {
    describe(f, o.rl);
    f.number("group", o.group, -kUnbounded, kUnbounded, "solutions of a problem");
    f.choice("baseline", o.baseline, {"group", "mean", "rloo"},
             "group (GRPO), mean (no deviation) or rloo");
    f.choice(
         "average", o.average, {"solution", "batch", "fixed"},
         "how tokens count in the loss: solution (mean over a solution's, then over solutions), "
         "batch (over all of an update) or fixed (by --max-tokens); empty: by the baseline")
        .or_empty()
        .only_if(!o.average.empty());
    f.number("epsilon-high", o.epsilon_high, 0, 10, "of the clip's upper end; 0: --epsilon")
        .only_if(o.epsilon_high > 0);
    f.number("redraw", o.redraw, 0, 1000,
             "rounds in which groups that are all paid alike are drawn again; 0: none")
        .only_if(o.redraw > 0);
    f.number("kl", o.kl, 0, 1000, "coefficient of the KL to the reference; 0: none");
}

Outcome grpo(const GrpoOptions& options) {
    check(flags_of(options));
    check(options.rl, "grpo");
    if (options.group < 2 || options.rl.loop.batch % options.group != 0)
        fail("--group must be 2 or more and divide --batch {}, found {}", options.rl.loop.batch,
             options.group);
    if (options.rl.reward != "verifier")
        require_steps(options.rl.stage.run, "train grpo --reward " + options.rl.reward);
    Stage stage(options.rl.stage, options.rl.name, record_of(options));
    const Outcome outcome = stage.done() ? Outcome::finished : train_grpo(options, stage);
    if (options.rl.summary) print_summary(options.rl, stage);
    return outcome;
}

} // namespace qstar::train
