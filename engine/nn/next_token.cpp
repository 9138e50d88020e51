#include "engine/nn/next_token.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/base/sum.h"
#include "engine/nn/batch_cut.h"
#include "engine/nn/families.h"
#include "engine/nn/gpt_memory.h"
#include "engine/nn/gradient_tree.h"
#include "engine/nn/lora.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace qstar::engine {

Var hidden_where_asked(Tape& tape, Gpt& model, std::span<const int> tokens, int64_t batch,
                       int64_t time, std::span<const float> weights, std::span<const float> more,
                       Packing& packing) {
    const Family family = model.config.family;
    const bool packs = family == Family::llama || family == Family::qwen3; // without biases
    if (!packs || time > model.config.context ||
        static_cast<int64_t>(tokens.size()) != batch * time ||
        !pack_rows(tape, time, weights, more, packing)) {
        packing.at.clear();
        packing.first.clear();
        return hidden(tape, model, tokens, batch, time);
    }
    static thread_local std::vector<int> kept; // a step allocates nothing
    return llama::hidden(tape, model.config, model.parameters, model.turns,
                         where_asked(packing, tokens, kept), batch, time, &packing);
}

Var hidden_rows(Tape& tape, Gpt& model, std::span<const int> tokens, int64_t batch, int64_t time,
                std::span<const int> rows) {
    static thread_local Packing packing; // kept: a step allocates nothing
    static thread_local std::vector<float> wanted;
    static thread_local std::vector<int> place, chosen;
    wanted.assign(tokens.size(), 0.0f);
    for (const int row : rows) {
        if (row < 0 || static_cast<size_t>(row) >= tokens.size())
            fail("hidden_rows: row {} of {} tokens", row, tokens.size());
        wanted[static_cast<size_t>(row)] = 1;
    }
    const Var states = hidden_where_asked(tape, model, tokens, batch, time, wanted, {}, packing);
    if (packing.empty()) return gather_rows(tape, states, rows);
    place.resize(tokens.size()); // of a padded row among those that are left
    for (size_t i = 0; i < packing.at.size(); ++i)
        place[static_cast<size_t>(packing.at[i])] = static_cast<int>(i);
    chosen.clear();
    for (const int row : rows) chosen.push_back(place[static_cast<size_t>(row)]);
    return gather_rows(tape, states, chosen);
}

namespace {

// Sequences of a batch with what they ask, and what the whole batch's weights sum to.
struct Sequences {
    std::span<const int> inputs, targets;
    std::span<const float> weights;
    int64_t count, time;
    double total;

    Sequences part(int64_t first, int64_t sequences) const {
        const auto begin = static_cast<size_t>(first * time);
        const auto size = static_cast<size_t>(sequences * time);
        return {inputs.subspan(begin, size),
                targets.subspan(begin, size),
                weights.subspan(begin, size),
                sequences,
                time,
                total};
    }
};

Sequences sequences_of(std::span<const int> inputs, std::span<const int> targets,
                       std::span<const float> weights, int64_t batch, int64_t time) {
    if (static_cast<int64_t>(inputs.size()) != batch * time || inputs.size() != targets.size() ||
        inputs.size() != weights.size()) {
        fail("next token: {} inputs, {} targets and {} weights for {} sequences of {}",
             inputs.size(), targets.size(), weights.size(), batch, time);
    }
    const double total = sum_of(weights);
    if (!(total > 0)) fail("next token: the weights sum to {}, nothing to learn from", total);
    return {inputs, targets, weights, batch, time, total};
}

// The share of each micro-batch in the loss, and its gradient where the tape records.
double in_micro_batches(Tape& tape, Gpt& model, const Sequences& batch, int64_t few) {
    static thread_local Packing packing; // kept: a step allocates nothing
    static thread_local std::vector<int> targets;
    static thread_local std::vector<float> weights;
    double loss = 0;
    for (int64_t first = 0; first < batch.count; first += few) {
        const Sequences part = batch.part(first, std::min(few, batch.count - first));
        if (sum_of(part.weights) == 0) continue;
        tape.reset();
        const Var state = hidden_where_asked(tape, model, part.inputs, part.count, part.time,
                                             part.weights, {}, packing);
        const Var share = cross_entropy(tape, logits(tape, model, state),
                                        where_asked(packing, part.targets, targets),
                                        where_asked(packing, part.weights, weights), part.total);
        if (tape.recording()) tape.backward(share);
        loss += tape.value(share)[0];
    }
    return loss;
}

} // namespace

double next_token_gradient(Tape& tape, Gpt& model, std::span<const int> inputs,
                           std::span<const int> targets, std::span<const float> weights,
                           int64_t batch, int64_t time) {
    if (!tape.recording()) fail("next token: a gradient needs a tape that records");
    const Sequences all = sequences_of(inputs, targets, weights, batch, time);
    const Trains trains = trains_of(model);
    const BatchCut cut = cut_batch(model.config, batch, time, tape.device(), trained_count(model));
    // An eighth more than is in use at once, for the gaps between pieces.
    const int64_t numbers = activations(model.config, cut.sequences, time, trains) / 8 * 9;
    tape.plan(numbers);
    if (cut.leaves > 1 && threads() > 1) tape.second_tape().plan(numbers);
    const auto part = [&](Tape& own, int64_t first, int64_t count, std::span<double> share) {
        share[0] = in_micro_batches(own, model, all.part(first, count), cut.sequences);
    };
    double loss = 0;
    // By reference: a copy of it would be an allocation.
    gradient_in_tree(tape, model.parameters, batch, cut.leaves, {&loss, 1}, std::cref(part));
    return loss;
}

double next_token_loss(Tape& tape, Gpt& model, std::span<const int> inputs,
                       std::span<const int> targets, std::span<const float> weights, int64_t batch,
                       int64_t time) {
    if (tape.recording()) fail("next token: the loss alone needs a tape that does not record");
    return in_micro_batches(tape, model, sequences_of(inputs, targets, weights, batch, time),
                            micro_batch(model.config, time, tape.device()));
}

} // namespace qstar::engine
