#include "engine/gpt/next_token.h"

#include "engine/device/device.h"
#include "engine/error.h"

#include <algorithm>

namespace qstar::engine {

namespace {

double sum_of(std::span<const float> weights) {
    double total = 0;
    for (const float w : weights) total += w;
    return total;
}

// The share of each micro-batch in the loss, and its gradient where the tape records.
double in_micro_batches(Tape& tape, Gpt& model, std::span<const int> inputs,
                        std::span<const int> targets, std::span<const float> weights, int64_t batch,
                        int64_t time) {
    if (static_cast<int64_t>(inputs.size()) != batch * time || inputs.size() != targets.size() ||
        inputs.size() != weights.size()) {
        fail("next token: {} inputs, {} targets and {} weights for {} sequences of {}",
             inputs.size(), targets.size(), weights.size(), batch, time);
    }
    const double total = sum_of(weights);
    if (!(total > 0)) fail("next token: the weights sum to {}, nothing to learn from", total);
    const int64_t few = micro_batch(model.config, time);
    double loss = 0;
    for (int64_t first = 0; first < batch; first += few) {
        const int64_t sequences = std::min(few, batch - first);
        const auto begin = static_cast<size_t>(first * time);
        const auto count = static_cast<size_t>(sequences * time);
        const std::span<const float> part_weights = weights.subspan(begin, count);
        if (sum_of(part_weights) == 0) continue;
        tape.reset();
        const Var state = hidden(tape, model, inputs.subspan(begin, count), sequences, time);
        const Var part = cross_entropy(tape, logits(tape, model, state),
                                       targets.subspan(begin, count), part_weights, total);
        if (tape.recording()) tape.backward(part);
        loss += tape.value(part)[0];
    }
    return loss;
}

} // namespace

int64_t micro_batch(const GptConfig& config, int64_t time) {
    return std::max<int64_t>(1, device().widest / (4 * config.width * std::max<int64_t>(1, time)));
}

double next_token_gradient(Tape& tape, Gpt& model, std::span<const int> inputs,
                           std::span<const int> targets, std::span<const float> weights,
                           int64_t batch, int64_t time) {
    if (!tape.recording()) fail("next token: a gradient needs a tape that records");
    return in_micro_batches(tape, model, inputs, targets, weights, batch, time);
}

double next_token_loss(Tape& tape, Gpt& model, std::span<const int> inputs,
                       std::span<const int> targets, std::span<const float> weights, int64_t batch,
                       int64_t time) {
    if (tape.recording()) fail("next token: the loss alone needs a tape that does not record");
    return in_micro_batches(tape, model, inputs, targets, weights, batch, time);
}

} // namespace qstar::engine
