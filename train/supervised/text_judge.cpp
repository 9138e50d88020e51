#include "train/supervised/text_judge.h"

#include "engine/base/elementary.h"
#include "engine/device/logit_row.h"
#include "engine/nn/lora.h"
#include "engine/nn/next_token.h"
#include "search/models/encode.h"
#include "train/run/batch_gradient.h"

#include <algorithm>
#include <array>

namespace qstar::train {

void describe_judge(Flags& f, std::string& judge, const char* name) {
    f.choice(name, judge, {"head", "text"},
             "by a scalar head, or by its own next-token probabilities (no --extra-layers)")
        .only_if(judge != "head");
}

void KnownSteps::add(const search::Path& path, float value) {
    const size_t last = path.steps.size() - 1;
    const search::EncodedPath all = search::encode(form_, path);
    Tokens step(all.tokens.begin() + static_cast<std::ptrdiff_t>(all.begin_of(last)),
                all.tokens.end());
    const auto [at, is_new] =
        steps_[text_of(beginning(path, last))].try_emplace(std::move(step), value);
    at->second = std::max(at->second, value);
}

Example KnownSteps::example(const search::Path& path, size_t judged) const {
    const search::EncodedPath encoded = search::encode(form_, path);
    Example example;
    example.inputs = encoded.tokens;
    const size_t n = example.inputs.size();
    example.targets.assign(example.inputs.begin() + 1, example.inputs.end());
    example.targets.push_back(0);
    example.labels.assign(n, 0.0f);
    example.weights.assign(n, 0.0f);
    example.text_weights.assign(n, 0.0f);
    for (size_t step = path.steps.size() - judged; step < path.steps.size(); ++step) {
        const auto known = steps_.find(text_of(beginning(path, step)));
        if (known == steps_.end()) continue;
        const size_t begin = encoded.begin_of(step), end = encoded.begin_of(step + 1);
        const std::span<const int> written = std::span(example.inputs).subspan(begin, end - begin);
        std::vector<float> best(written.size() + 1, 0.0f); // of those with so many tokens in common
        for (const auto& [tokens, value] : known->second) {
            const auto same = static_cast<size_t>(
                std::mismatch(tokens.begin(), tokens.end(), written.begin(), written.end()).first -
                tokens.begin());
            for (size_t i = 0; i <= same; ++i) best[i] = std::max(best[i], value);
        }
        for (size_t i = 0; i < written.size(); ++i) {
            example.text_weights[begin + i - 1] = best[i + 1];
            example.weights[begin + i - 1] = best[i] - best[i + 1];
        }
    }
    return example;
}

engine::Gpt text_judge(const engine::Gpt& policy, const LoopOptions& loop, const Stage& stage) {
    engine::Gpt model = without_scalar_head(policy);
    if (engine::trains_named(loop.trains).what == engine::Trains::head) model = untied(model);
    choose_trained(loop, stage, model, policy.config.layers);
    return model;
}

Judge new_judge(const std::string& judge, const engine::Gpt& policy, int64_t extra_layers,
                double text, const LoopOptions& loop, const Stage& stage) {
    if (judge == "text")
        return {text_judge(policy, loop, stage), {text_judge_gradient, validate_text_judge}};
    return {reward_model(policy, extra_layers, loop, stage), scalar_objective(text)};
}

RewardLoss text_judge_gradient(engine::Tape& tape, engine::Gpt& model, const Batch& batch) {
    constexpr double kMost = 8; // p / (1 - p) of a token that should not be written
    std::array<double, 2> sums{};
    const double asked = batch.asked + batch.text_asked;
    batch_gradient(
        tape, model, {batch.rows, batch.rows, batch.time}, sums,
        [&](engine::Tape& own, int64_t first, int64_t count, std::span<double> shares) {
            const bool cut = count < batch.rows;
            const Batch rows = cut ? rows_of(batch, first, count) : Batch();
            const Batch& part = cut ? rows : batch;
            if (part.asked + part.text_asked <= 0) return;
            thread_local engine::Packing packing;
            thread_local std::vector<float> kept_worth, kept_rest;
            thread_local std::vector<int> kept_targets;
            const engine::Var state =
                hidden_where_asked(own, model, part.inputs, part.rows, part.time, part.weights,
                                   part.text_weights, packing);
            const engine::Var written = logits(own, model, state);
            const auto targets =
                where_asked(packing, std::span<const int>(part.targets), kept_targets);
            const auto rest = where_asked(packing, std::span<const float>(part.weights), kept_rest);
            const auto worth =
                where_asked(packing, std::span<const float>(part.text_weights), kept_worth);
            // The gradient of -log(1 - p) is that of -log p times -p / (1 - p).
            std::vector<float> weights(worth.begin(), worth.end());
            double unlikely = 0, instead = 0;
            const auto classes = static_cast<size_t>(model.config.vocab);
            for (size_t t = 0; t < weights.size(); ++t) {
                if (rest[t] <= 0) continue;
                const engine::LogitRow said(
                    std::span(own.value(written).data() + t * classes, classes));
                const double p = said.probability(targets[t]);
                const double odds = std::min(kMost, p / std::max(1 - p, 1e-9));
                weights[t] -= static_cast<float>(double{rest[t]} * odds);
                unlikely -= double{rest[t]} * math::log(std::max(1 - p, 1e-9));
                instead += double{rest[t]} * odds * math::log(std::max(p, 1e-30));
            }
            const engine::Var total = cross_entropy(own, written, targets, weights, asked);
            own.backward(total);
            shares[0] = double{own.value(total)[0]} + (unlikely - instead) / asked;
            shares[1] = unlikely / asked;
        });
    return {static_cast<float>(sums[0]), static_cast<float>(sums[1])};
}

Metrics validate_text_judge(engine::Gpt& model, std::span<const Example> examples, int64_t batch) {
    engine::Tape tape(false);
    std::vector<std::pair<float, bool>> scored;
    double loss = 0, asked = 0;
    engine::Packing packing;
    std::vector<float> kept_worth, kept_rest;
    std::vector<int> kept_targets;
    for (const auto& chosen : make_epoch(examples, batch, 0, 0)) {
        tape.reset();
        const Batch b = make_batch(examples, chosen);
        const engine::Var state = hidden_where_asked(tape, model, b.inputs, b.rows, b.time,
                                                     b.weights, b.text_weights, packing);
        const auto targets = where_asked(packing, std::span<const int>(b.targets), kept_targets);
        const auto worth = where_asked(packing, std::span<const float>(b.text_weights), kept_worth);
        const auto rest = where_asked(packing, std::span<const float>(b.weights), kept_rest);
        const engine::Var written = log_prob(tape, logits(tape, model, state), targets);
        const engine::Tensor& values = tape.value(written);
        for (size_t t = 0; t < rest.size(); ++t) {
            if (worth[t] + rest[t] <= 0) continue;
            const double v = double{worth[t]}, left = double{rest[t]};
            const double log_p = double{values[static_cast<int64_t>(t)]};
            loss -= v * log_p + left * math::log(std::max(-math::expm1(log_p), 1e-9));
            asked += v + left;
            scored.emplace_back(values[static_cast<int64_t>(t)], v > left);
        }
    }
    if (asked <= 0) return {};
    return {{"val_loss", loss / asked}, {"val_auc", area_under_curve(std::move(scored))}};
}

} // namespace qstar::train
