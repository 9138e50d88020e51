#include "train/supervised/text_judge.h"

#include "engine/base/elementary.h"
#include "engine/nn/batch_cut.h"
#include "engine/nn/gradient_tree.h"
#include "engine/nn/lora.h"
#include "search/models/encode.h"

#include <algorithm>
#include <array>

namespace qstar::train {

namespace {

// p(token) of a row of logits.
double probability(const float* logits, int64_t classes, int token) {
    const float most = *std::max_element(logits, logits + classes);
    double sum = 0;
    for (int64_t i = 0; i < classes; ++i) sum += math::exp(double{logits[i]} - double{most});
    return math::exp(double{logits[token]} - double{most}) / sum;
}

// The path up to so many steps.
search::Path beginning(const search::Path& path, size_t steps) {
    const auto end = path.steps.begin() + static_cast<std::ptrdiff_t>(steps);
    return {path.problem, {path.steps.begin(), end}, path.finished && steps == path.steps.size()};
}

} // namespace

void KnownSteps::add(const search::Path& path, float value) {
    const search::Path state = beginning(path, path.steps.size() - 1);
    const size_t begin = search::encode(tokenizer_, state).tokens.size();
    const std::vector<int> all = search::encode(tokenizer_, path).tokens;
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto [at, is_new] = steps_[text_of(state)].try_emplace(Tokens(first, all.end()), value);
    at->second = std::max(at->second, value);
}

Example KnownSteps::example(const search::Path& path, size_t judged) const {
    Example example;
    example.inputs = search::encode(tokenizer_, path).tokens;
    const size_t n = example.inputs.size();
    example.targets.assign(example.inputs.begin() + 1, example.inputs.end());
    example.targets.push_back(0);
    example.labels.assign(n, 0.0f);
    example.weights.assign(n, 0.0f);
    example.text_weights.assign(n, 0.0f);
    for (size_t step = path.steps.size() - judged; step < path.steps.size(); ++step) {
        const search::Path state = beginning(path, step);
        const auto known = steps_.find(text_of(state));
        if (known == steps_.end()) continue;
        const size_t begin = search::encode(tokenizer_, state).tokens.size();
        const size_t end = search::encode(tokenizer_, beginning(path, step + 1)).tokens.size();
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
    choose_trained(loop, stage, model, policy.config.layers);
    return model;
}

RewardLoss text_judge_gradient(engine::Tape& tape, engine::Gpt& model, const Batch& batch) {
    constexpr double kMost = 8; // p / (1 - p) of a token that should not be written
    const int64_t leaves = engine::cut_batch(model.config, batch.rows, batch.time, engine::device(),
                                             trained_count(model))
                               .leaves;
    const bool cut = leaves > 1;
    std::array<double, 2> sums{};
    const double asked = batch.asked + batch.text_asked;
    engine::gradient_in_tree(
        tape, model.parameters, batch.rows, leaves, sums,
        [&](engine::Tape& own, int64_t first, int64_t count, std::span<double> shares) {
            const Batch rows = cut ? rows_of(batch, first, count) : Batch();
            const Batch& part = cut ? rows : batch;
            if (part.asked + part.text_asked <= 0) return;
            own.reset();
            const engine::Var state = hidden(own, model, part.inputs, part.rows, part.time);
            const engine::Var written = logits(own, model, state);
            // The gradient of -log(1 - p) is that of -log p times -p / (1 - p).
            std::vector<float> weights = part.text_weights;
            double unlikely = 0, instead = 0;
            for (size_t t = 0; t < weights.size(); ++t) {
                if (part.weights[t] <= 0) continue;
                const int64_t classes = model.config.vocab;
                const float* row = own.value(written).data() + static_cast<int64_t>(t) * classes;
                const double p = probability(row, classes, part.targets[t]);
                const double odds = std::min(kMost, p / std::max(1 - p, 1e-9));
                weights[t] -= static_cast<float>(double{part.weights[t]} * odds);
                unlikely -= double{part.weights[t]} * math::log(std::max(1 - p, 1e-9));
                instead += double{part.weights[t]} * odds * math::log(std::max(p, 1e-30));
            }
            const engine::Var total = cross_entropy(own, written, part.targets, weights, asked);
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
    for (const auto& chosen : make_epoch(examples, batch, 0, 0)) {
        tape.reset();
        const Batch b = make_batch(examples, chosen);
        const engine::Var state = hidden(tape, model, b.inputs, b.rows, b.time);
        const engine::Var written = log_prob(tape, logits(tape, model, state), b.targets);
        const engine::Tensor& values = tape.value(written);
        for (size_t t = 0; t < b.weights.size(); ++t) {
            const double v = double{b.text_weights[t]}, rest = double{b.weights[t]};
            if (v + rest <= 0) continue;
            const double log_p = double{values[static_cast<int64_t>(t)]};
            loss -= v * log_p + rest * math::log(std::max(-math::expm1(log_p), 1e-9));
            asked += v + rest;
            scored.emplace_back(values[static_cast<int64_t>(t)], v > rest);
        }
    }
    if (asked <= 0) return {};
    return {{"val_loss", loss / asked}, {"val_auc", area_under_curve(std::move(scored))}};
}

} // namespace qstar::train
