// The family gpt2 (Radford et al. 2019): learned positions, layer norm, GELU, biases everywhere.

#include "engine/nn/families.h"
#include "engine/nn/lora.h"

#include <cmath>
#include <span>
#include <string>

namespace qstar::engine::gpt2 {

namespace {

// Parameters of block `layer` as they stand in Gpt::parameters.
enum Block {
    ln_1,
    ln_1_bias,
    c_attn,
    c_attn_bias,
    c_proj,
    c_proj_bias,
    ln_2,
    ln_2_bias,
    c_fc,
    c_fc_bias,
    mlp_proj,
    mlp_proj_bias,
    per_block
};

constexpr size_t kWte = 0, kWpe = 1, kFirstBlock = 2;

size_t at(int64_t layer, Block which) {
    return kFirstBlock + static_cast<size_t>(layer) * per_block + which;
}

} // namespace

// GPT-2's initialisation, carried over from its width of 768 to ours: normal with deviation
// 0.02 sqrt(768 / C), the projections into the residual stream by 1/sqrt(2 layers) smaller,
// biases 0, gains 1. (With a plain 0.02 a model of width 128 needs a third more steps before it
// begins to copy.)
void add_parameters(NewParameters& add) {
    const GptConfig& config = add.config;
    const int64_t c = config.width;
    const double deviation = 0.02 * std::sqrt(768.0 / static_cast<double>(c));
    const double residual = deviation / std::sqrt(2.0 * static_cast<double>(config.layers));

    add.normal("wte.weight", {config.vocab, c}, deviation);
    add.normal("wpe.weight", {config.context, c}, deviation);
    for (int64_t layer = 0; layer < config.layers; ++layer) {
        const std::string h = "h." + std::to_string(layer) + ".";
        add.constant(h + "ln_1.weight", {c}, 1);
        add.constant(h + "ln_1.bias", {c}, 0);
        add.normal(h + "attn.c_attn.weight", {c, 3 * c}, deviation, 3);
        add.constant(h + "attn.c_attn.bias", {3 * c}, 0);
        add.normal(h + "attn.c_proj.weight", {c, c}, residual, 1);
        add.constant(h + "attn.c_proj.bias", {c}, 0);
        add.constant(h + "ln_2.weight", {c}, 1);
        add.constant(h + "ln_2.bias", {c}, 0);
        add.normal(h + "mlp.c_fc.weight", {c, 4 * c}, deviation, 1);
        add.constant(h + "mlp.c_fc.bias", {4 * c}, 0);
        add.normal(h + "mlp.c_proj.weight", {4 * c, c}, residual, 1);
        add.constant(h + "mlp.c_proj.bias", {c}, 0);
    }
    add.constant("ln_f.weight", {c}, 1);
    add.constant("ln_f.bias", {c}, 0);
}

Var hidden(Tape& tape, const GptConfig& config, std::span<Parameter> parameters,
           std::span<const int> tokens, int64_t batch, int64_t time) {
    const auto leaf = [&](size_t i) { return tape.leaf(parameters[i]); };
    const float epsilon = norm_epsilon(config);

    Var x = embedding(tape, tokens, leaf(kWte), leaf(kWpe), time);
    for (int64_t layer = 0; layer < config.layers; ++layer) {
        const auto p = [&](Block which) { return leaf(at(layer, which)); };
        const auto times = [&](Var v, Block weight, Block bias) {
            return project(tape, parameters, at(layer, weight), v, p(bias));
        };
        const Var before = x;
        // x + attention(norm(x))
        Var a = layer_norm(tape, x, p(ln_1), p(ln_1_bias), epsilon);
        a = times(a, c_attn, c_attn_bias);
        a = attention(tape, a, batch, time, config.heads);
        x = add(tape, x, times(a, c_proj, c_proj_bias));
        // x + mlp(norm(x))
        Var m = layer_norm(tape, x, p(ln_2), p(ln_2_bias), epsilon);
        m = parameters[at(layer, c_fc)].adapter == 0 ? linear_gelu(tape, m, p(c_fc), p(c_fc_bias))
                                                     : gelu(tape, times(m, c_fc, c_fc_bias));
        x = add(tape, x, times(m, mlp_proj, mlp_proj_bias));
        tape.drop_unread(before, x);
    }
    const size_t ln_f = at(config.layers, ln_1);
    return layer_norm(tape, x, leaf(ln_f), leaf(ln_f + 1), epsilon);
}

} // namespace qstar::engine::gpt2
