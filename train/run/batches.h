#pragma once
// Examples of different lengths, grouped and padded into batches.

#include "engine/base/random.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace qstar::train {

// One sequence and what is asked at each of its n positions: the next token
// (language modelling) or the label of a scalar head; weight 0 asks nothing.
struct Example {
    std::vector<int> inputs;         // n tokens
    std::vector<int> targets;        // n, or empty
    std::vector<float> labels;       // n, or empty
    std::vector<float> weights;      // n
    std::vector<float> text_weights; // n, or empty: of the targets, where labels are asked too
};

// (rows, time), padded on the right with token 0 and weight 0.
struct Batch {
    int64_t rows = 0, time = 0;
    std::vector<int> inputs, targets;
    std::vector<float> labels, weights, text_weights;
    double asked = 0;      // the sum of the weights
    double text_asked = 0; // of the text_weights
};
Batch make_batch(std::span<const Example> examples, std::span<const int64_t> chosen);
Batch rows_of(const Batch& batch, int64_t first, int64_t count);

// The batches of an epoch, as indices of examples, shuffled by (seed, epoch). Every
// example is in exactly one. They are not grouped by length: that would save padding,
// but solutions of one length are right or wrong together, and a reward model that
// sees them in such batches learns far worse.
std::vector<std::vector<int64_t>> make_epoch(std::span<const Example> examples, int64_t batch,
                                             uint64_t seed, int64_t epoch);

// Fisher and Yates.
void shuffle(std::span<int64_t> values, Random random);

// Is this problem kept for validation? One of twenty, by the hash of its text, so
// that all samples of a problem fall on one side and in the same way for every stage.
bool validation_problem(std::string_view problem);

} // namespace qstar::train
