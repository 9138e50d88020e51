#pragma once
// The gradient of a batch of sequences whose loss is a sum over its rows: what every stage beside
// pre-training and fine-tuning asks for (those have nn/next_token.h, which takes micro-batches,
// too). A large batch is the sum of a tree (nn/gradient_tree.h) that threads and MPI's ranks share,
// a small one is computed as a whole.

#include "engine/nn/gpt.h"
#include "engine/nn/gradient_tree.h"

#include <span>

namespace qstar::train {

// What is cut: `rows` prompts with all their outputs, or the sequences themselves.
struct BatchRows {
    int64_t rows;
    int64_t sequences, time; // that go through the model, at most `time` tokens each
};

// Adds to the model's gradient what `part` adds for rows [first, first + count), on the tape that
// it gets, which has been reset; `sums` are those of its shares, in a fixed order. A mean is over
// the whole batch in each part. Every rank must come here with the same batch.
void batch_gradient(engine::Tape& tape, engine::Gpt& model, const BatchRows& batch,
                    std::span<double> sums, const engine::GradientPart& part);

} // namespace qstar::train
