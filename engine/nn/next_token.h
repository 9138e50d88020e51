#pragma once
// The loss of pre-training and fine-tuning: the cross-entropy of the next token, and its
// gradient, in micro-batches.
//
// A batch need not go through the model at once: gradients add up. Taken a few sequences
// at a time, what a layer writes still lies in the caches when the next layer reads it,
// and the tape holds the values of these few sequences only. How many they are follows
// from the model's width, the length of the sequences and the kind of device alone, so the
// order of every sum, and with it every byte, is the same on every processor.
//
// A large batch is cut into the leaves of a tree as well, whose halves two threads or many ranks
// take side by side (gradient_tree.h): they meet once a step, not at every operation.

#include "engine/autograd/packed_rows.h"
#include "engine/nn/gpt.h"

#include <span>

namespace qstar::engine {

// inputs, targets, weights (B*T). Adds the gradient of
//   sum_i w_i (-log p(target_i | inputs before)) / sum_i w_i
// to the parameters' and returns the loss; the sum of the weights must be positive.
// Resets the tape.
double next_token_gradient(Tape& tape, Gpt& model, std::span<const int> inputs,
                           std::span<const int> targets, std::span<const float> weights,
                           int64_t batch, int64_t time);

// The loss alone, on a tape that does not record.
double next_token_loss(Tape& tape, Gpt& model, std::span<const int> inputs,
                       std::span<const int> targets, std::span<const float> weights, int64_t batch,
                       int64_t time);

// hidden() of gpt.h without the ends of sequences of which nothing is asked: the positions from
// where on all weights are 0, those of `more`, too, if there are any. Its rows are those that
// `packing` names, or all of them where that is left empty: of a family with biases, on a device
// other than the processor, and where hardly any are left out. Losses of these rows
// (where_asked()) and their gradients have the bytes of those of all rows.
Var hidden_where_asked(Tape& tape, Gpt& model, std::span<const int> tokens, int64_t batch,
                       int64_t time, std::span<const float> weights, std::span<const float> more,
                       Packing& packing);

// gather_rows(hidden(), rows), without computing what stands behind the last of a sequence's rows.
Var hidden_rows(Tape& tape, Gpt& model, std::span<const int> tokens, int64_t batch, int64_t time,
                std::span<const int> rows);

} // namespace qstar::engine
