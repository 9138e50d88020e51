#pragma once
// A small GPT with random weights, and tokens for it.

#include "engine/base/random.h"
#include "engine/nn/gpt.h"

#include <cstdint>
#include <vector>

namespace qstar::engine {

constexpr int64_t kSmallVocab = 23;

// A model with everything that a model of others may have otherwise than ours.
inline GptConfig grouped_config(Family family) {
    GptConfig config{2, 6, 16, 40, kSmallVocab, false, family};
    config.kv_heads = 2;
    config.head_size = 6;
    config.norm_epsilon = 1e-3;
    config.rope_base = 500;
    config.tied = false;
    return config;
}

inline Gpt small_model(const GptConfig& config) {
    const Family family = config.family;
    Gpt model(config, Random(3, "init"));
    // What begins as zeros says nothing of the layers below it.
    Random random(4, "zeros");
    for (Parameter& p : model.parameters) {
        if (family == Family::gpt2 || p.name.starts_with("score")) continue;
        for (float& x : p.value.values()) {
            if (x == 0) x = 0.1f * static_cast<float>(random.normal());
        }
    }
    // Larger than GPT-2's initialisation, so that the logits are far from equal.
    for (Parameter& p : model.parameters) {
        if (p.value.shape().rank == 2) {
            for (float& x : p.value.values()) x *= 2;
        }
    }
    return model;
}

inline Gpt small_model(bool scalar_head = false, Family family = Family::gpt2) {
    return small_model(GptConfig{2, 2, 16, 40, kSmallVocab, scalar_head, family});
}

inline std::vector<int> random_tokens(int64_t n, uint64_t seed) {
    Random random(seed, "tokens");
    std::vector<int> tokens;
    for (int64_t i = 0; i < n; ++i) tokens.push_back(static_cast<int>(random.below(kSmallVocab)));
    return tokens;
}

} // namespace qstar::engine
