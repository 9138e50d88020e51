#pragma once
// Adapters of LoRA as PEFT (Hugging Face) keeps them: a folder with
//   adapter_config.json          "r", "lora_alpha", what the adapter belongs to
//   adapter_model.safetensors    "base_model.model." and the name of a module of the model, with
//                                lora_A.weight (r, in) and lora_B.weight (out, r) of its weight;
//                                a tensor without "lora_" stands for the model's own
//                                (modules_to_save: a classifier's score)
// Each weight becomes W + s B A with s = lora_alpha / r (Hu et al. 2021), or lora_alpha / sqrt(r)
// with use_rslora (Kalajdzievski 2023). Refused by its name is a module that the model has not,
// and whatever would make it another sum: DoRA, biases, ranks of single modules, adapters of
// embeddings, a base that was changed before (PiSSA), any word that is not known here.

#include "engine/nn/gpt.h"

#include <string>

namespace qstar::engine {

// A folder with an adapter_config.json and no model of its own.
bool is_adapter(const std::string& path);

// What the adapter says it belongs to: a path from its folder or from here, if something lies
// there. Error naming it if not; `otherwise` ends the sentence.
std::string base_of_adapter(const std::string& folder, const std::string& otherwise);

// The base with the adapter in it. A base without a scalar head gets one if the adapter has it.
Gpt with_adapter(const Gpt& base, const std::string& folder);

} // namespace qstar::engine
