// The families llama (Touvron et al. 2023), qwen2 (Yang et al. 2024) and qwen3 (Yang et al. 2025):
// rotary positions, RMS norm, SwiGLU, heads that share keys and values (Ainslie et al., "GQA",
// 2023). qwen2 has biases of queries, keys and values, qwen3 normalises queries and keys.

#include "engine/base/elementary.h"
#include "engine/nn/families.h"
#include "engine/nn/lora.h"

#include <cmath>
#include <span>
#include <string>

namespace qstar::engine::llama {

namespace {

// Parameters of block `layer` as they stand in Gpt::parameters; at the end what one family has.
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
    per_block,
    q_norm = per_block, // qwen3
    k_norm,
    q_bias = per_block, // qwen2
    k_bias,
    v_bias
};

constexpr size_t kEmbedTokens = 0, kFirstBlock = 1;

bool normalises_queries(const GptConfig& config) { return config.family == Family::qwen3; }
bool has_biases(const GptConfig& config) { return config.family == Family::qwen2; }

size_t at(const GptConfig& config, int64_t layer, Block which) {
    const size_t more = normalises_queries(config) ? 2 : has_biases(config) ? 3 : 0;
    return kFirstBlock + static_cast<size_t>(layer) * (per_block + more) + which;
}

} // namespace

// Normal with the deviations of gpt2.
void add_parameters(NewParameters& add) {
    const GptConfig& config = add.config;
    const int64_t c = config.width, inner = hidden_width(config), head = head_size(config);
    const int64_t queries = query_width(config), keys = kv_width(config);
    const double deviation = 0.02 * std::sqrt(768.0 / static_cast<double>(c));
    const double residual = deviation / std::sqrt(2.0 * static_cast<double>(config.layers));

    add.normal("model.embed_tokens.weight", {config.vocab, c}, deviation);
    for (int64_t layer = 0; layer < config.layers; ++layer) {
        const std::string block = "model.layers." + std::to_string(layer) + ".";
        add.constant(block + "input_layernorm.weight", {c}, 1);
        add.normal(block + "self_attn.q_proj.weight", {queries, c}, deviation, 1);
        add.normal(block + "self_attn.k_proj.weight", {keys, c}, deviation, 1);
        add.normal(block + "self_attn.v_proj.weight", {keys, c}, deviation, 1);
        add.normal(block + "self_attn.o_proj.weight", {c, queries}, residual, 1);
        add.constant(block + "post_attention_layernorm.weight", {c}, 1);
        add.normal(block + "mlp.gate_proj.weight", {inner, c}, deviation, 1);
        add.normal(block + "mlp.up_proj.weight", {inner, c}, deviation, 1);
        add.normal(block + "mlp.down_proj.weight", {c, inner}, residual, 1);
        if (normalises_queries(config)) {
            add.constant(block + "self_attn.q_norm.weight", {head}, 1);
            add.constant(block + "self_attn.k_norm.weight", {head}, 1);
        }
        if (has_biases(config)) {
            add.constant(block + "self_attn.q_proj.bias", {queries}, 0);
            add.constant(block + "self_attn.k_proj.bias", {keys}, 0);
            add.constant(block + "self_attn.v_proj.bias", {keys}, 0);
        }
    }
    add.constant("model.norm.weight", {c}, 1);
    if (!config.tied) add.normal("lm_head.weight", {config.vocab, c}, deviation);
}

Tensor turns(int64_t positions, int64_t head, double base) {
    Tensor table = Tensor::zeros({positions, head});
    const int64_t half = head / 2;
    for (int64_t t = 0; t < positions; ++t) {
        for (int64_t i = 0; i < half; ++i) {
            const double share = 2 * static_cast<double>(i) / static_cast<double>(head);
            const double angle = static_cast<double>(t) * math::power(1 / base, share);
            table[t * head + i] = static_cast<float>(math::cos(angle));
            table[t * head + half + i] = static_cast<float>(math::sin(angle));
        }
    }
    return table;
}

Var hidden(Tape& tape, const GptConfig& config, std::span<Parameter> parameters,
           const Tensor& turns, std::span<const int> tokens, int64_t batch, int64_t time,
           Packing* packing) {
    const auto leaf = [&](size_t i) { return tape.leaf(parameters[i]); };
    const Var turned_by = tape.constant(turns);
    const float epsilon = norm_epsilon(config);
    const auto norm = [&](Var v, Var gain) {
        const Var y = rms_norm(tape, v, gain, epsilon);
        return packing != nullptr ? in_padded_chunks(tape, y, *packing) : y;
    };

    Var x = embedding(tape, tokens, leaf(kEmbedTokens));
    for (int64_t layer = 0; layer < config.layers; ++layer) {
        const auto p = [&](Block which) { return leaf(at(config, layer, which)); };
        const auto bias = [&](Block which) { return has_biases(config) ? p(which) : Var{}; };
        const auto times = [&](Var v, Block which, Var plus = {}) {
            return project(tape, parameters, at(config, layer, which), v, plus);
        };
        const Var before = x;
        // x + attention(norm(x))
        const Var a = norm(x, p(input_norm));
        Var q = times(a, q_proj, bias(q_bias)), k = times(a, k_proj, bias(k_bias));
        if (normalises_queries(config)) {
            q = norm(q, p(q_norm));
            k = norm(k, p(k_norm));
        }
        const Var v = times(a, v_proj, bias(v_bias));
        Var attended = [&] {
            if (packing == nullptr)
                return attention(tape, rotary(tape, q, k, v, turned_by, time, config.heads), batch,
                                 time, config.heads, kv_heads(config));
            return attention(tape, rotary(tape, q, k, v, turned_by, config.heads, *packing),
                             config.heads, kv_heads(config), *packing);
        }();
        if (packing != nullptr && !packing->asked.empty() && layer == config.layers - 1) {
            x = gather_rows(tape, x, packing->asked);
            attended = gather_rows(tape, attended, packing->asked);
            packing->leave_asked();
        }
        x = add(tape, x, times(attended, o_proj));
        // x + mlp(norm(x))
        const Var m = norm(x, p(post_norm));
        // One after the other: in which order a call's operands are computed is the compiler's
        // choice, and the gradient of m is added up in the reverse of that order.
        const Var raised = times(m, up), gated = times(m, gate);
        x = add(tape, x, times(swiglu(tape, gated, raised), down));
        tape.drop_unread(before, x);
    }
    return norm(x, leaf(at(config, config.layers, input_norm)));
}

} // namespace qstar::engine::llama
