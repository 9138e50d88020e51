#pragma once
// What of a GPT is trained: all of it, its head alone (the scalar one; of a model without, the next
// token's), or LoRA's small matrices.
//
// Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021). A weight W stays as it
// is, and what training changes is the product of two matrices of a small rank r:
//
//   y = x W + 2 (x A^T) B^T,    A (r, in), B (out, r)
//
// The factor is alpha / r with alpha = 2 r. A begins uniform within 1 / sqrt(in) of 0, B with
// zeros: the model begins as it was. Every linear map of every block has an adapter (of attention
// and MLP alike); embeddings, biases and gains stay as they are. A and B are AdamW's, also where
// Muon trains what is new.
//
// Adapters stand at the end of Gpt::parameters, a weight's A and then its B, under the weight's
// name with "lora_A.weight" for "weight". hidden() computes with them; files (save_gpt) and
// decoders have the merged model, W + 2 B A.

#include "engine/nn/gpt.h"

#include <span>
#include <string>
#include <string_view>

namespace qstar::engine {

struct Trains {
    enum What { all, head, lora };
    What what = all;
    int64_t rank = 0; // of lora
};
// "all", "head" or "lora:8"; else an Error. A rank is 1 to 4096.
Trains trains_named(std::string_view text);

inline constexpr float kLoraFactor = 2; // alpha / r

// Freezes what is not trained and gives lora's adapters. The scalar head, and blocks from
// `base_layers` on, are new and trained whole by lora, too. Error where head has none to train.
void train_only(Gpt& model, const Trains& trains, Random random, int64_t base_layers);

// Whether it is of the head that is trained alone: a reward model's scalar one; of a model without,
// the next token's, unless the embedding is it.
bool is_head(const GptConfig& config, const Parameter& p);

// Of a model, how train_only() left it. Blocks that are new stay out of it.
Trains trains_of(const Gpt& model);
// Numbers that are trained; of a configuration, without new blocks.
int64_t trained_count(const Gpt& model);
int64_t trained_count(const GptConfig& config, const Trains& trains);

// W + factor B A of a linear map's weight, in its layout: A (rank, in), B (out, rank).
Tensor with_product(const Parameter& weight, const Tensor& a, const Tensor& b, float factor);
struct InOut {
    int64_t in, out;
};
InOut in_and_out(const Parameter& weight);

// The ordinary model of the same function; without adapters the same tensors.
Gpt merged(const Gpt& model);

// In families: y = x W + bias, of the weight `which` in the model's list, with its adapter.
Var project(Tape& tape, std::span<Parameter> parameters, size_t which, Var x, Var bias = {});

// What PEFT's names of tensors begin with.
inline constexpr std::string_view kPeftPrefix = "base_model.model.";

// adapter_model.safetensors and adapter_config.json, as PEFT (Hugging Face) names and reads them:
// what is trained alone. `base`: the model it belongs to, a path from there. Nothing is written
// for a model without adapters.
void save_adapter(const std::string& folder, const Gpt& model, const std::string& base);

} // namespace qstar::engine
