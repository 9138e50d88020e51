#pragma once
// How a batch is cut into lanes and micro-batches (next_token.h says why).

#include "engine/nn/gpt_config.h"

namespace qstar::engine {

// Sequences a micro-batch, at least 1: as many as keep the widest activation, 4C numbers a
// token, at what the device likes (Device::widest; on a processor about 4 MiB).
int64_t micro_batch(const GptConfig& config, int64_t time);

// How the gradient of a batch is computed: in so many lanes (halves of the batch, side by
// side), each in micro-batches of `sequences`. Two lanes where the batch has more than three
// micro-batches; one on a GPU, which is one for all threads.
struct BatchCut {
    int64_t lanes, sequences;
};
BatchCut cut_batch(const GptConfig& config, int64_t batch, int64_t time);

} // namespace qstar::engine
