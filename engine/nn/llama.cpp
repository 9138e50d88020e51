// The families llama (Touvron et al. 2023) and qwen3 (Yang et al. 2025): rotary positions, RMS
// norm, SwiGLU, no biases; qwen3 normalises queries and keys.

#include "engine/base/elementary.h"
#include "engine/nn/families.h"
#include "engine/nn/lora.h"

#include <cmath>
#include <span>
#include <string>

namespace qstar::engine::llama {

namespace {

// Parameters of block `layer` as they stand in Gpt::parameters; the last two in qwen3 alone.
enum Block {
    input_norm,
    q_proj,
    k_proj,
    v_proj,
    o_proj,
    post_norm,
    gate,
    up,
    down,
    q_norm,
    k_norm
};

constexpr size_t embed_tokens = 0, first_block = 1;

bool normalises_queries(const GptConfig& config) { return config.family == Family::qwen3; }

size_t at(const GptConfig& config, int64_t layer, Block which) {
    const size_t per_block = normalises_queries(config) ? k_norm + 1 : q_norm;
    return first_block + static_cast<size_t>(layer) * per_block + which;
}

} // namespace

// Normal with the deviations of gpt2.
void add_parameters(NewParameters& add) {
    const GptConfig& config = add.config;
    const int64_t c = config.width, inner = hidden_width(config), head = c / config.heads;
    const double deviation = 0.02 * std::sqrt(768.0 / static_cast<double>(c));
    const double residual = deviation / std::sqrt(2.0 * static_cast<double>(config.layers));

    add.normal("model.embed_tokens.weight", {config.vocab, c}, deviation);
    for (int64_t layer = 0; layer < config.layers; ++layer) {
        const std::string block = "model.layers." + std::to_string(layer) + ".";
        add.constant(block + "input_layernorm.weight", {c}, 1);
        add.normal(block + "self_attn.q_proj.weight", {c, c}, deviation, 1);
        add.normal(block + "self_attn.k_proj.weight", {c, c}, deviation, 1);
        add.normal(block + "self_attn.v_proj.weight", {c, c}, deviation, 1);
        add.normal(block + "self_attn.o_proj.weight", {c, c}, residual, 1);
        add.constant(block + "post_attention_layernorm.weight", {c}, 1);
        add.normal(block + "mlp.gate_proj.weight", {inner, c}, deviation, 1);
        add.normal(block + "mlp.up_proj.weight", {inner, c}, deviation, 1);
        add.normal(block + "mlp.down_proj.weight", {c, inner}, residual, 1);
        if (!normalises_queries(config)) continue;
        add.constant(block + "self_attn.q_norm.weight", {head}, 1);
        add.constant(block + "self_attn.k_norm.weight", {head}, 1);
    }
    add.constant("model.norm.weight", {c}, 1);
}

Tensor turns(int64_t positions, int64_t head) {
    Tensor table = Tensor::zeros({positions, head});
    const int64_t half = head / 2;
    for (int64_t t = 0; t < positions; ++t) {
        for (int64_t i = 0; i < half; ++i) {
            const double share = 2 * static_cast<double>(i) / static_cast<double>(head);
            const double angle = static_cast<double>(t) * math::power(1e-4, share);
            table[t * head + i] = static_cast<float>(math::cos(angle));
            table[t * head + half + i] = static_cast<float>(math::sin(angle));
        }
    }
    return table;
}

Var hidden(Tape& tape, const GptConfig& config, std::span<Parameter> parameters,
           const Tensor& turns, std::span<const int> tokens, int64_t batch, int64_t time) {
    const auto leaf = [&](size_t i) { return tape.leaf(parameters[i]); };
    const Var turned_by = tape.constant(turns);

    Var x = embedding(tape, tokens, leaf(embed_tokens));
    for (int64_t layer = 0; layer < config.layers; ++layer) {
        const auto p = [&](Block which) { return leaf(at(config, layer, which)); };
        const auto times = [&](Var v, Block which) {
            return project(tape, parameters, at(config, layer, which), v);
        };
        const Var before = x;
        // x + attention(norm(x))
        const Var a = rms_norm(tape, x, p(input_norm), rms_epsilon);
        Var q = times(a, q_proj), k = times(a, k_proj);
        if (normalises_queries(config)) {
            q = rms_norm(tape, q, p(q_norm), rms_epsilon);
            k = rms_norm(tape, k, p(k_norm), rms_epsilon);
        }
        const Var qkv = rotary(tape, q, k, times(a, v_proj), turned_by, time, config.heads);
        x = add(tape, x, times(attention(tape, qkv, batch, time, config.heads), o_proj));
        // x + mlp(norm(x))
        const Var m = rms_norm(tape, x, p(post_norm), rms_epsilon);
        x = add(tape, x, times(swiglu(tape, times(m, gate), times(m, up)), down));
        tape.drop_unread(before, x);
    }
    return rms_norm(tape, x, leaf(at(config, config.layers, input_norm)), rms_epsilon);
}

} // namespace qstar::engine::llama
