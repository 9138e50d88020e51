#pragma once
// AdamW (Loshchilov & Hutter 2019), global-norm clipping and the cosine schedule.

#include "engine/autograd/tape.h"

#include <cstdint>
#include <span>
#include <vector>

namespace qstar::engine {

struct AdamWConfig {
    float beta1 = 0.9f;
    float beta2 = 0.95f;
    float eps = 1e-8f;
    float weight_decay =
        0.1f;          // on tensors of rank 2 (matrices, embeddings), not on gains and biases
    float clip = 1.0f; // bound of the gradient's norm over all parameters; 0: none
};

struct AdamW {
    AdamWConfig config;
    std::vector<Tensor> first;  // m, one a parameter
    std::vector<Tensor> second; // v
    int64_t step = 0;           // steps done

    // The moments lie where the parameters do: all on one device.
    AdamW(std::span<const Parameter> parameters, const AdamWConfig& config);

    // One step with the gradients that are there; returns their norm before clipping.
    float update(std::span<Parameter> parameters, float learning_rate);
};

// The norm over all gradients, summed in double in a fixed order.
float gradient_norm(std::span<const Parameter> parameters);

// Linear warm-up from 0, then half a cosine from `peak` to `floor` (SGDR, Loshchilov &
// Hutter 2017). step counts from 0.
float cosine_schedule(int64_t step, int64_t steps, int64_t warmup, float peak, float floor);

} // namespace qstar::engine
