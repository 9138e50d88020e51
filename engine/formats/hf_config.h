#pragma once
// Hugging Face's config.json (transformers, configuration_gpt2.py and those of llama, qwen2, qwen3)
// and the configuration that it says. What is computed otherwise there than here is refused by its
// name: scaled or partial rotary positions, sliding windows, experts, quantised weights, another
// activation, biases that the family has not, code of its own.

#include "engine/nn/gpt_config.h"
#include "engine/tensor/number_type.h"
#include "engine/text/jsonl.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace qstar::engine {

// Which ids begin and end a text, as generation_config.json and config.json say.
struct TextEnds {
    std::optional<int64_t> begin;
    std::vector<int64_t> end; // each of them ends it
    bool operator==(const TextEnds&) const = default;
};

struct HfConfig {
    GptConfig gpt; // sizes equal to those that a 0 stands for are 0
    TextEnds ends;
    std::string reading; // of a judge that we wrote: how its scores are read; else empty
};

// context: of the model at most so many positions; 0: all.
HfConfig read_hf_config(const JsonLine& config, int64_t context = 0);

// generation_config.json, where it says something else than config.json before.
void read_text_ends(const JsonLine& generation, TextEnds& ends);

// What is written beside the weights.
Json hf_config_json(const HfConfig& config, WeightType type = WeightType::f32);
Json generation_config_json(const TextEnds& ends);

// `config` with 0 wherever a size is the one that 0 stands for, so that one model has one record.
GptConfig with_defaults_left_out(GptConfig config);

} // namespace qstar::engine
