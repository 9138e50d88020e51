#pragma once
// A model's folder as Hugging Face's transformers keep it:
//   config.json             hf_config.h
//   generation_config.json  ids that begin and end a text; it need not be there
//   model.safetensors       F32, F16, BF16 or F64, or several files and an index,
//                           model.safetensors.index.json: {"weight_map": {TENSOR: FILE}}
// Tensors may have the prefix "transformer." or "model." or lack it. What a file holds beside the
// parameters is refused by its name, but for masks and tables that follow from the configuration
// (h.N.attn.bias, masked_bias, rotary_emb.inv_freq) and a head that is tied to the embedding.

#include "engine/formats/hf_config.h"
#include "engine/nn/gpt.h"
#include "engine/tensor/number_type.h"

#include <map>
#include <string>

namespace qstar::engine {

struct HfModel {
    HfConfig config;
    Gpt gpt;
};

// context: as of read_hf_config().
HfModel read_huggingface(const std::string& folder, int64_t context = 0);

// config.json, generation_config.json and model.safetensors, all of whose numbers are of that
// type, into a folder that is there. Read again, the weights of F32 are the same bytes, others
// those rounded to the nearest.
void write_huggingface(const std::string& folder, const Gpt& gpt, const HfConfig& config,
                       WeightType type = WeightType::f32);

// Which tensor lies in which file of the folder, by model.safetensors.index.json. Error for a name
// that leads out of the folder.
std::map<std::string, std::string> read_weight_map(const JsonLine& index);

} // namespace qstar::engine
