#pragma once
// A GPT's weights as a decoder holds them: copies, each linear map as the decoder wants it.
//
// They lie on `device`. Linear is made from a weight (in, out) and a bias (out).

#include "engine/nn/gpt.h"

#include <string>
#include <vector>

namespace qstar::engine {

struct DecoderNorm {
    Tensor gain, bias;
};

template <class Linear>
struct DecoderBlock {
    DecoderNorm ln_1, ln_2;
    Linear c_attn, c_proj, c_fc, mlp_proj;
};

template <class Linear>
struct DecoderWeights {
    Tensor wte, wpe;
    std::vector<DecoderBlock<Linear>> blocks;
    DecoderNorm ln_f;
    Linear score; // only with a scalar head
};

template <class Linear>
DecoderWeights<Linear> decoder_weights(const Gpt& model, const Device& device) {
    const auto p = [&](const std::string& name) {
        return model.parameter(name).value.clone(device);
    };
    const auto norm = [&](const std::string& name) {
        return DecoderNorm{p(name + ".weight"), p(name + ".bias")};
    };
    const auto linear = [&](const std::string& name) {
        return Linear{p(name + ".weight"), p(name + ".bias")};
    };
    DecoderWeights<Linear> weights;
    weights.wte = p("wte.weight");
    weights.wpe = p("wpe.weight");
    for (int64_t layer = 0; layer < model.config.layers; ++layer) {
        const std::string h = "h." + std::to_string(layer) + ".";
        weights.blocks.push_back({norm(h + "ln_1"), norm(h + "ln_2"), linear(h + "attn.c_attn"),
                                  linear(h + "attn.c_proj"), linear(h + "mlp.c_fc"),
                                  linear(h + "mlp.c_proj")});
    }
    weights.ln_f = norm("ln_f");
    if (model.config.scalar_head) weights.score = linear("score");
    return weights;
}

} // namespace qstar::engine
