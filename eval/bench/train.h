#pragma once
// `qstar eval bench train`: whole training steps (forward, loss, backward, clipping,
// AdamW) against PyTorch with the same architecture, weights and batch.
//
// For each model: tokens a second beside PyTorch's; the same in floating-point
// operations, counted as 6 for each parameter and token (Kaplan et al. 2020), beside the
// measured peak of the processor; and all threads beside one. Before them the program's own steps
// (steps/program_steps.h), beside the peak and one thread; with --profile where their time goes.

#include "eval/bench/bench.h"
#include "eval/bench/training.h"

#include <vector>

namespace qstar::eval {

std::vector<TrainingShape> training_shapes();

void bench_train(const BenchOptions& options);

} // namespace qstar::eval
