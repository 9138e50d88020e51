#pragma once
// A model's weights as a decoder holds them: copies, each linear map as the decoder wants it, of
// every family alike.
//
// They lie on `device`. Linear is what `linear` makes of a LinearParts.

#include "engine/decode/packed_linear.h"
#include "engine/nn/gpt.h"

#include <string>
#include <vector>

namespace qstar::engine {

struct DecoderNorm {
    Tensor gain, bias; // bias: of layer norm; empty: RMS norm
};

template <class Linear>
struct DecoderBlock {
    DecoderNorm ln_1, ln_2;
    // c_attn: queries, keys and values; widen: the MLP's hidden layer, of SwiGLU gates and ups.
    Linear c_attn, c_proj, widen, narrow;
    Tensor q_norm, k_norm; // of heads, in qwen3
};

template <class Linear>
struct DecoderWeights {
    Tensor embedding;
    Tensor lm_head;   // (V, C); empty: the embedding is the head, too
    Tensor positions; // learned ones
    Tensor turns;     // rotary ones
    std::vector<DecoderBlock<Linear>> blocks;
    DecoderNorm last_norm;
    std::vector<Linear> heads; // scalar ones, and next tokens' of other models on this trunk
};

// The maps of those names in a block, side by side, as the model has them.
LinearParts linear_parts(const Gpt& model, const std::string& block,
                         const std::vector<std::string>& names);
// The scalar head of a model or, if it has none, its next token's.
LinearParts head_parts(const Gpt& judge);
// All in one weight (in, out) on the device.
Tensor together(const LinearParts& parts, const Device& device);

template <class Linear, class Make>
DecoderWeights<Linear> gpt2_weights(const Gpt& model, const Device& device, const Make& make) {
    const auto p = [&](const std::string& name) {
        return model.parameter(name).value.clone(device);
    };
    const auto norm = [&](const std::string& name) {
        return DecoderNorm{p(name + ".weight"), p(name + ".bias")};
    };
    const auto linear = [&](const std::string& name) {
        return make(linear_parts(model, "", {name}));
    };
    DecoderWeights<Linear> weights;
    weights.embedding = p("wte.weight");
    weights.positions = p("wpe.weight");
    for (int64_t layer = 0; layer < model.config.layers; ++layer) {
        const std::string h = "h." + std::to_string(layer) + ".";
        weights.blocks.push_back({norm(h + "ln_1"),
                                  norm(h + "ln_2"),
                                  linear(h + "attn.c_attn"),
                                  linear(h + "attn.c_proj"),
                                  linear(h + "mlp.c_fc"),
                                  linear(h + "mlp.c_proj"),
                                  {},
                                  {}});
    }
    weights.last_norm = norm("ln_f");
    return weights;
}

template <class Linear, class Make>
DecoderWeights<Linear> llama_weights(const Gpt& model, const Device& device, const Make& make) {
    const auto p = [&](const std::string& name) {
        return model.parameter(name + ".weight").value.clone(device);
    };
    DecoderWeights<Linear> weights;
    weights.embedding = p("model.embed_tokens");
    if (!model.config.tied) weights.lm_head = p("lm_head");
    weights.turns = model.turns.clone(device);
    for (int64_t layer = 0; layer < model.config.layers; ++layer) {
        const std::string block = "model.layers." + std::to_string(layer) + ".";
        const auto linear = [&](const std::vector<std::string>& names) {
            return make(linear_parts(model, block, names));
        };
        DecoderBlock<Linear> all{
            {p(block + "input_layernorm"), {}},
            {p(block + "post_attention_layernorm"), {}},
            linear({"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"}),
            linear({"self_attn.o_proj"}),
            linear({"mlp.gate_proj", "mlp.up_proj"}),
            linear({"mlp.down_proj"}),
            {},
            {}};
        if (model.config.family == Family::qwen3) {
            all.q_norm = p(block + "self_attn.q_norm");
            all.k_norm = p(block + "self_attn.k_norm");
        }
        weights.blocks.push_back(std::move(all));
    }
    weights.last_norm = {p("model.norm"), {}};
    return weights;
}

template <class Linear, class Make>
DecoderWeights<Linear> decoder_weights(const Gpt& model, const Device& device, const Make& linear) {
    DecoderWeights<Linear> weights = model.config.family == Family::gpt2
                                         ? gpt2_weights<Linear>(model, device, linear)
                                         : llama_weights<Linear>(model, device, linear);
    if (model.config.scalar_head) weights.heads.push_back(linear(head_parts(model)));
    return weights;
}

} // namespace qstar::engine
