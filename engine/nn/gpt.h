#pragma once
// GPT: the decoder-only transformer, small, in the architectures of the field (gpt_config.h).
//
// Pre-norm blocks. Parameters have the names and the layouts of the family's released weights. Of
// gpt2 (gpt2.cpp; linear weights are (in, out)):
//   wte.weight (V, C)  wpe.weight (T, C)  h.N.ln_1.{weight,bias} (C)
//   h.N.attn.c_attn.{weight (C, 3C), bias}  h.N.attn.c_proj.{weight (C, C), bias}
//   h.N.ln_2.{weight,bias}  h.N.mlp.c_fc.{weight (C, 4C), bias}
//   h.N.mlp.c_proj.{weight (4C, C), bias}  ln_f.{weight,bias}
// Of llama, qwen2 and qwen3 (llama.cpp; linear weights are (out, in), H is the MLP's hidden width,
// Q the numbers of all heads' queries, K of all heads' keys, d of one head):
//   model.embed_tokens.weight (V, C)  model.layers.N.input_layernorm.weight (C)
//   model.layers.N.self_attn.q_proj.weight (Q, C)  ...{k,v}_proj.weight (K, C)
//   ...o_proj.weight (C, Q), of qwen2 {q,k,v}_proj.bias, of qwen3 {q,k}_norm.weight (d)
//   model.layers.N.post_attention_layernorm.weight (C)
//   model.layers.N.mlp.{gate,up}_proj.weight (H, C)  ...mlp.down_proj.weight (C, H)
//   model.norm.weight (C)
// The embedding is the head of the next token, too, or else there is lm_head.weight (V, C).
// A reward model has a scalar head on top of all: score.weight (C, 1), score.bias (1).

#include "engine/autograd/ops.h"
#include "engine/base/random.h"
#include "engine/nn/gpt_config.h"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace qstar::engine {

struct Gpt {
    GptConfig config;
    std::vector<Parameter> parameters; // in a fixed order; the adapters of LoRA last (lora.h)

    Tensor turns; // of rotary positions (families.h), else empty

    // As the family's training starts (gpt2.cpp, llama.cpp). Without random numbers, whose making
    // takes longer than reading a model does, the matrices are for others to write, and untouched.
    explicit Gpt(const GptConfig& config, std::optional<Random> random = {});

    Parameter& parameter(std::string_view name); // Error if there is none
    const Parameter& parameter(std::string_view name) const;
    int64_t parameter_count() const;
    void zero_grad();
};

// The same weights in a model with a scalar head of weight 0 (a reward model starts
// by giving every text the probability 1/2), or without one. A reward model keeps lm_head, if there
// is one: it learns to go on with right work, too.
Gpt with_scalar_head(const Gpt& base);
Gpt without_scalar_head(const Gpt& base);

// The same function with a head of the next token that is no embedding: lm_head.weight begins as a
// copy of it. Error for gpt2, whose head always is.
Gpt untied(const Gpt& base);

// The same function in a deeper model: `layers` more blocks on top, whose projections
// into the residual stream are 0, so that each is the identity until it is trained.
Gpt deeper(const Gpt& base, int64_t layers, Random random);

// tokens (B*T) -> the last hidden state after ln_f, (B*T, C). Error if T is longer
// than the context or a token is outside the vocabulary. Sequences shorter than T
// are padded on the right with any token: attention is causal.
Var hidden(Tape& tape, Gpt& model, std::span<const int> tokens, int64_t batch, int64_t time);
Var logits(Tape& tape, Gpt& model, Var hidden); // (R, C) -> (R, V)
Var scores(Tape& tape, Gpt& model, Var hidden); // (R, C) -> (R, 1), needs the scalar head

} // namespace qstar::engine
