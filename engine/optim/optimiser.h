#pragma once
// What a gradient does to parameters: AdamW (Loshchilov & Hutter 2019), or Muon (muon.h) for the
// hidden matrices and AdamW for all others; before either, clipping by the global norm.

#include "engine/autograd/tape.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
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

struct MuonConfig {
    float momentum = 0.95f;
    float weight_decay = 0.1f;
};

struct OptimiserConfig {
    AdamWConfig adamw = {};
    std::optional<MuonConfig> muon = {}; // of parameters with parts (tape.h); none: AdamW's, too
};

// Numbers that it keeps of the parameters, all threads' included.
int64_t optimiser_numbers(std::span<const Parameter> parameters, const OptimiserConfig& config);

struct Optimiser {
    OptimiserConfig config;
    std::vector<Tensor> first;  // one a parameter: AdamW's m, or Muon's momentum; frozen: empty
    std::vector<Tensor> second; // AdamW's v; empty for Muon's
    int64_t step = 0;           // steps done

    // What it keeps lies where the parameters do: all on one device.
    Optimiser(std::span<const Parameter> parameters, const OptimiserConfig& config);

    // One step with the gradients that are there, by AdamW's and Muon's learning rates; returns
    // the gradients' norm before clipping. Muon uses up its gradients. Frozen parameters stay as
    // they are.
    float update(std::span<Parameter> parameters, float learning_rate, float muon_rate = 0);

    // The tensors that it keeps under their names in a file: "adamw.first.NAME",
    // "adamw.second.NAME", "muon.momentum.NAME".
    std::vector<std::pair<std::string, Tensor>> state(std::span<const Parameter> parameters) const;
};

// The norm over all gradients, summed in double in a fixed order.
float gradient_norm(std::span<const Parameter> parameters);

} // namespace qstar::engine
