#pragma once
// `qstar eval bench train`: whole training steps (forward, loss, backward, clipping,
// AdamW) against PyTorch with the same architecture, weights and batch.
//
// For each model: tokens a second beside PyTorch's; the same in floating-point
// operations, counted as 6 for each parameter and token (Kaplan et al. 2020), beside the
// measured peak of the processor; and all threads beside one.

#include "engine/gpt/gpt.h"
#include "eval/bench/bench.h"

namespace qstar::eval {

struct TrainingShape {
    engine::GptConfig config; // its context is the length of the sequences
    int64_t batch;

    std::string name() const; // "L4 D128 T64 B12 V65"
};

std::vector<TrainingShape> training_shapes();

void bench_train(const BenchOptions& options);

} // namespace qstar::eval
