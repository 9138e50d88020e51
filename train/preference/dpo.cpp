#include "train/preference/dpo.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "train/rl/rl.h"
#include "train/rl/surrogate.h"
#include "train/run/batch_gradient.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <numeric>
#include <vector>

namespace qstar::train {

using engine::Tape, engine::Tensor, engine::Var;

namespace {

constexpr int64_t kPromptsAtOnce = 32; // prompts

Json record_of(const DpoOptions& options, const std::string& file) {
    Json flags = stage_record(options);
    flags["inputs"] = {{"ranks", input(file)},
                       {"model.safetensors", input(model_path(options.stage.run, options.from))}};
    return flags;
}

// Means over pairs.
struct Margins {
    double pairs = 0, margin = 0, agreed = 0;

    void add(const Tensor& margins, double beta) {
        for (const float h : margins.values()) {
            pairs += 1, margin += beta * h;
            agreed += h > 0 ? 1 : h < 0 ? 0 : 0.5;
        }
    }
    double mean(double sum) const { return sum / std::max(1.0, pairs); }
};

// The sum of log(pi / pi_ref) over the outputs that stand at one end of each pair.
double log_ratios(const Tensor& log_prob, std::span<const float> reference,
                  const Comparisons& compared, int Comparisons::Pair::*end) {
    const std::vector<size_t> offsets = offsets_of(compared.outputs);
    double sum = 0;
    for (const Comparisons::Pair& pair : compared.pairs) {
        const auto i = static_cast<size_t>(pair.*end);
        for (size_t t = offsets[i]; t < offsets[i + 1]; ++t)
            sum += log_prob[static_cast<int64_t>(t)] - reference[t];
    }
    return sum;
}

// Of a batch, with its gradient.
struct Preferred {
    double loss;
    Margins found;
    double chosen, rejected; // means of beta log(pi / pi_ref)
};

// Step 2: by how much more than the reference does the policy prefer the better ones?
// Step 3: more than that.
Preferred preference_gradient(Tape& tape, engine::Gpt& policy, const Comparisons& all,
                              std::span<const float> of_reference, const DpoOptions& options) {
    const std::vector<size_t> offsets = offsets_of(all.outputs);
    const double weight_of_all = weight_of(all.pairs);
    std::array<double, 6> sums{};
    batch_gradient(
        tape, policy, {prompts_in(all), std::ssize(all.outputs), longest_of(all.outputs)}, sums,
        [&](Tape& own, int64_t first, int64_t count, std::span<double> shares) {
            const Comparisons compared = prompts_of(all, first, count);
            const Minibatch batch = make_minibatch(compared.outputs);
            const size_t before = offsets[static_cast<size_t>(outputs_before(all, first))];
            const auto reference = of_reference.subspan(before, batch.targets.size());
            const Var chosen = log_prob(own, written_logits(own, policy, batch), batch.targets);
            const Var margins = log_ratio_margins(own, chosen, reference, compared);
            std::vector<float> weights;
            for (const Comparisons::Pair& pair : compared.pairs) weights.push_back(pair.weight);
            const Var loss =
                preference_loss(own, margins, weights, options.beta, options.loss, weight_of_all);
            Margins found;
            found.add(own.value(margins), options.beta);
            const auto ratios = [&](int Comparisons::Pair::*end) {
                return log_ratios(own.value(chosen), reference, compared, end);
            };
            const double better = ratios(&Comparisons::Pair::better);
            const double worse = ratios(&Comparisons::Pair::worse);
            own.backward(loss);
            const std::array<double, 6> share = {
                double{own.value(loss)[0]}, found.pairs, found.margin, found.agreed, better, worse};
            std::copy(share.begin(), share.end(), shares.begin());
        });
    const auto [loss, pairs, margin, agreed, better, worse] = sums;
    const double n = std::max(1.0, pairs);
    return {loss, {pairs, margin, agreed}, options.beta * better / n, options.beta * worse / n};
}

Metrics validate_ranks(engine::Gpt& policy, engine::Gpt& reference,
                       std::span<const Ranking> rankings, const tokenizer::Tokenizer& tokenizer,
                       const DpoOptions& options, const std::string& file) {
    Margins found;
    Tape tape(false);
    for (size_t begin = 0; begin < rankings.size(); begin += kPromptsAtOnce) {
        tape.reset();
        const size_t count = std::min<size_t>(kPromptsAtOnce, rankings.size() - begin);
        const Comparisons compared =
            comparisons_of(rankings.subspan(begin, count), tokenizer, policy.config.context, file);
        const auto of_reference = token_probs(reference, compared.outputs).log_prob;
        const Minibatch batch = make_minibatch(compared.outputs);
        const Var chosen = log_prob(tape, written_logits(tape, policy, batch), batch.targets);
        found.add(tape.value(log_ratio_margins(tape, chosen, of_reference, compared)),
                  options.beta);
    }
    if (found.pairs == 0) return {};
    return {{"val_pairs", found.pairs},
            {"val_accuracy", found.mean(found.agreed)},
            {"val_margin", found.mean(found.margin)}};
}

// The setup of RL (rl.h), for solutions that are written and looked at, not learned from.
RlOptions looking(const DpoOptions& options) {
    RlOptions look;
    look.stage = options.stage;
    look.from = options.from;
    return look;
}

// How far the policy is from the reference, and what it is worth, by the solutions it writes.
Metrics look_at(const RlSetup& setup, engine::Gpt& policy, engine::Gpt& reference,
                const DpoOptions& options) {
    const auto episodes = roll_out(setup, looking(options), policy, -1, options.kl_episodes, 1);
    Metrics metrics =
        diagnostics(setup, episodes, setup.reward(episodes), token_probs(policy, episodes),
                    token_probs(reference, episodes).log_prob)
            .metrics();
    metrics.drop("score"); // the verifier's: it is `right`
    return metrics;
}

} // namespace

Var log_ratio_margins(Tape& tape, Var log_prob, std::span<const float> reference,
                      const Comparisons& compared) {
    const std::vector<size_t> offsets = offsets_of(compared.outputs);
    const auto tokens = static_cast<int64_t>(offsets.back());
    const Var ratio = sub(tape, log_prob, tape.constant(Tensor::from({tokens, 1}, reference)));
    // A row a pair: 1 at the tokens of the better output, -1 at those of the worse one.
    std::vector<float> signs(compared.pairs.size() * offsets.back(), 0.0f);
    for (size_t p = 0; p < compared.pairs.size(); ++p) {
        const auto better = static_cast<size_t>(compared.pairs[p].better);
        const auto worse = static_cast<size_t>(compared.pairs[p].worse);
        float* row = signs.data() + p * offsets.back();
        for (size_t t = offsets[better]; t < offsets[better + 1]; ++t) row[t] = 1;
        for (size_t t = offsets[worse]; t < offsets[worse + 1]; ++t) row[t] = -1;
    }
    const Var sum_of_both =
        tape.constant(Tensor::from({static_cast<int64_t>(compared.pairs.size()), tokens}, signs));
    return matmul(tape, sum_of_both, ratio);
}

Var preference_loss(Tape& tape, Var margins, std::span<const float> weights, double beta,
                    const std::string& loss, double total) {
    if (loss == "dpo")
        return binary_cross_entropy(tape, scale(tape, margins, static_cast<float>(beta)),
                                    std::vector<float>(weights.size(), 1.0f), weights, total);
    const Var miss = shift(tape, margins, static_cast<float>(-1 / (2 * beta)));
    if (total == 0) total = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<float> shares(weights.begin(), weights.end());
    for (float& share : shares) share /= static_cast<float>(total);
    return weighted_sum(tape, mul(tape, miss, miss), shares);
}

void describe(Flags& f, DpoOptions& o) {
    describe(f, o.stage);
    describe(f, o.loop);
    f.text("name", o.name, "folder of the stage in the run").quiet();
    f.text("from", o.from, "stage whose policy is trained; it stays the reference");
    f.text("labels", o.labels, "a file of ranks, instead of DIR/ranks").content();
    describe_skip_bad(f, o.stage);
    f.choice("loss", o.loss, {"dpo", "ipo"}, "dpo, or ipo");
    f.number_above("beta", o.beta, 0, 1000, "price of a nat of KL to the reference");
    f.number("epochs", o.epochs, 1, kMost, "passes over the ranks");
    f.number("limit", o.limit, 0, kMost, "use only the first so many prompts; 0: all");
    f.number("kl-episodes", o.kl_episodes, 0, kMost,
             "solutions by which the KL is estimated; 0: never");
}

Outcome dpo(const DpoOptions& options) {
    check(flags_of(options));
    check_name("dpo", options.name);
    check_trains(options.loop, options.name, Learner::writes);
    const std::string file =
        given_or_of_stage(options.labels, options.stage.run, "rank", "ranks.jsonl");
    require(options.stage.run, options.from, model_path(options.stage.run, options.from));
    Stage stage(options.stage, options.name, record_of(options, file));
    if (stage.done()) return Outcome::finished;

    const RlSetup setup = prepare(looking(options), stage.seed());
    const tokenizer::Tokenizer& tokenizer = setup.tokenizer;
    engine::Gpt reference = setup.reference;
    const RankSet set = read_rank_set(file, options.stage, options.name, options.limit, tokenizer,
                                      reference.config.context);
    const uint64_t seed = stage.seed();
    const int64_t per_epoch = (std::ssize(set.train) + options.loop.batch - 1) / options.loop.batch;
    const int64_t steps = options.epochs * per_epoch;
    const int64_t look_every = std::max<int64_t>(1, steps / 10);
    engine::Gpt policy = without_scalar_head(reference);
    choose_trained(options.loop, stage, policy, policy.config.layers);
    const std::string from = model_path(stage.run(), options.from);
    Trainer trainer(options.loop, stage, trained(policy, stage.run(), from), steps);
    std::vector<std::vector<int64_t>> epoch;
    while (trainer.running()) {
        const int64_t turn = trainer.step() % per_epoch;
        if (epoch.empty() || turn == 0)
            epoch = epoch_of_rankings(set.train.size(), options.loop.batch, seed,
                                      trainer.step() / per_epoch);

        // Step 1: ranked outputs of some prompts, and what the reference gives their tokens.
        const Comparisons compared = comparisons_of(set.batch(epoch[static_cast<size_t>(turn)]),
                                                    tokenizer, reference.config.context, file);
        const auto of_reference = token_probs(reference, compared.outputs).log_prob;

        // Steps 2 and 3: the gradient.
        policy.zero_grad();
        const auto [loss, found, better, worse] =
            preference_gradient(trainer.tape, policy, compared, of_reference, options);
        Metrics metrics = trainer.update(loss);
        metrics.set({"reward_margin", found.mean(found.margin)});
        metrics.set({"reward_accuracy", found.mean(found.agreed)});
        metrics.set({"reward_chosen", better});
        metrics.set({"reward_rejected", worse});
        if (options.kl_episodes > 0 && (trainer.step() + 1) % look_every == 0)
            metrics.set(look_at(setup, policy, reference, options));
        trainer.end_step(metrics, fmt::format("margin {:.2f}  accuracy {:.2f}",
                                              found.mean(found.margin), found.mean(found.agreed)));
    }
    if (trainer.stopped()) return Outcome::stopped;

    Json result{{"prompts", set.train.size()}, {"val_prompts", set.validation_rows.size()}};
    Metrics validated =
        validate_ranks(policy, reference, set.validation_rows, tokenizer, options, file);
    if (options.kl_episodes > 0) validated.set(look_at(setup, policy, reference, options));
    result.update(json_of(validated));
    return trainer.finish(result);
}

} // namespace qstar::train
