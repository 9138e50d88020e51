#pragma once
// Episodes as a network reads them, and what several models say of each written token.

#include "engine/autograd/tape.h"
#include "engine/nn/gpt.h"
#include "train/rl/episodes.h"

#include <cstdint>
#include <span>
#include <vector>

namespace qstar::train {

// Some episodes as one padded input, and where in it their written tokens are.
struct Minibatch {
    int64_t rows = 0, time = 0;
    std::vector<int> inputs;     // (rows, time)
    std::vector<int> before, at; // of each written token: the position that predicts it, its own
    std::vector<int> targets;    // the written tokens
    std::vector<size_t> flat;    // their places in flat vectors
    std::vector<float> lengths;  // of the solution that each belongs to
};
Minibatch make_minibatch(std::span<const Episode> episodes, std::span<const int64_t> chosen);
Minibatch make_minibatch(std::span<const Episode> episodes); // all of them
// Its rows [first, first + count), as wide as before.
Minibatch rows_of(const Minibatch& batch, int64_t first, int64_t count);
// Cut by order into pieces of `size` episodes.
std::vector<Minibatch> make_minibatches(std::span<const Episode> episodes,
                                        std::span<const int64_t> order, int64_t size);

// The entries of a flat vector that belong to a minibatch.
std::vector<float> pick(std::span<const float> flat, const Minibatch& batch);

// On the tape, for a minibatch of n written tokens: -> (n, V) of the policy, whose row i
// predicts token i; -> (n, 1) of a model with a scalar head, before or at each token.
engine::Var written_logits(engine::Tape& tape, engine::Gpt& policy, const Minibatch& batch);
engine::Var values_before(engine::Tape& tape, engine::Gpt& critic, const Minibatch& batch);

// Without gradients, flat, of all episodes.
struct TokenProbs {
    std::vector<float> log_prob; // of the token that was written
    std::vector<float> entropy;  // of the distribution it was drawn from
};
TokenProbs token_probs(engine::Gpt& policy, std::span<const Episode> episodes);
std::vector<float> values_before(engine::Gpt& critic, std::span<const Episode> episodes);
// Of a judge without a head (search/models/gpt_scorer.h): of the step's tokens up to each.
std::vector<float> scores_at(engine::Gpt& reward_model, std::span<const Episode> episodes);

} // namespace qstar::train
