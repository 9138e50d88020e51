#pragma once
// How a batch is cut into leaves and micro-batches (next_token.h says why).

#include "engine/device/device.h"
#include "engine/nn/gpt_config.h"

namespace qstar::engine {

// Sequences a micro-batch, at least 1: as many as keep the widest activation, 4C numbers a
// token, at what the device likes (Device::widest_activation(); on a processor about 4 MiB).
int64_t micro_batch(const GptConfig& config, int64_t time, const Device& device = engine::device());

// How the gradient of a batch is computed: as a sum over a tree of so many leaves, each in
// micro-batches of `sequences`. More than one leaf where the batch has more than three
// micro-batches (gradient_tree.h) and the device computes on the threads that call it; a GPU is
// one for all threads. `trained`: numbers that have a gradient; 0: all of the model's.
struct BatchCut {
    int64_t leaves;
    int64_t sequences;
};
BatchCut cut_batch(const GptConfig& config, int64_t batch, int64_t time,
                   const Device& device = engine::device(), int64_t trained = 0);

} // namespace qstar::engine
