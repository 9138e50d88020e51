#pragma once
// `qstar eval bench mpi`: what a second rank brings in training, and what more machines would.
//
// Started by mpirun it measures the ranks that there are; else it starts itself by mpirun with two
// ranks, in turns with itself as one process. What 2 to 64 machines would do over a network is
// printed as a model of these figures, and is no row.

#include "eval/bench/bench.h"

#include <cstdint>

namespace qstar::eval {

// Error where there is no mpirun.
void bench_machines(const BenchOptions& options);

// What a step takes, in seconds.
struct StepCost {
    double leaf;     // the gradient of one leaf of the batch's tree (nn/gradient_tree.h)
    int64_t leaves;  // of the batch
    double update;   // of the optimiser, on every machine
    double exchange; // copying and adding up gradients, without the network
    double bytes;    // of a gradient
};

// A step on so many machines, each of which sends and receives so many bits a second: the machine
// with most leaves, then the update; every machine sends each other one its part of the gradient
// and gets the sum, 2 (n - 1) / n of its bytes. No latency, and nothing overlaps.
double modelled_step(const StepCost& cost, int64_t machines, double bits_per_second);

} // namespace qstar::eval
