#pragma once
// What a parameter is called in a GGUF file, and how it lies there.

#include "engine/nn/gpt_config.h"

#include <cstdint>
#include <string>

namespace qstar::engine {

// What stands for a parameter of ours.
struct GgufName {
    std::string tensor;
    bool transposed = false;
    int64_t paired_heads = 0; // whose rows stand in pairs; 0: as here
};
GgufName gguf_name(const std::string& parameter, const GptConfig& config);

} // namespace qstar::engine
