#include "engine/nn/gpt.h"

#include "engine/base/error.h"
#include "engine/nn/gpt_config.h"

#include <cmath>
#include <string>

namespace qstar::engine {

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

constexpr size_t wte = 0, wpe = 1, first_block = 2;

size_t at(int64_t layer, Block which) {
    return first_block + static_cast<size_t>(layer) * per_block + which;
}
size_t final_norm(const GptConfig& c) { return at(c.layers, ln_1); }

} // namespace

Gpt::Gpt(const GptConfig& config_, Random random) : config(config_) {
    check_sizes(config);
    const int64_t c = config.width;
    const auto normal = [&](const std::string& name, Shape shape, double spread) {
        Tensor t = Tensor::zeros(shape);
        for (float& value : t.values()) value = static_cast<float>(spread * random.normal());
        parameters.push_back({name, t, {}});
    };
    const auto constant = [&](const std::string& name, int64_t size, float value) {
        parameters.push_back({name, Tensor::full({size}, value), {}});
    };
    const double deviation = 0.02 * std::sqrt(768.0 / static_cast<double>(c));
    const double residual = deviation / std::sqrt(2.0 * static_cast<double>(config.layers));

    normal("wte.weight", {config.vocab, c}, deviation);
    normal("wpe.weight", {config.context, c}, deviation);
    for (int64_t layer = 0; layer < config.layers; ++layer) {
        const std::string h = fmt::format("h.{}.", layer);
        constant(h + "ln_1.weight", c, 1);
        constant(h + "ln_1.bias", c, 0);
        normal(h + "attn.c_attn.weight", {c, 3 * c}, deviation);
        constant(h + "attn.c_attn.bias", 3 * c, 0);
        normal(h + "attn.c_proj.weight", {c, c}, residual);
        constant(h + "attn.c_proj.bias", c, 0);
        constant(h + "ln_2.weight", c, 1);
        constant(h + "ln_2.bias", c, 0);
        normal(h + "mlp.c_fc.weight", {c, 4 * c}, deviation);
        constant(h + "mlp.c_fc.bias", 4 * c, 0);
        normal(h + "mlp.c_proj.weight", {4 * c, c}, residual);
        constant(h + "mlp.c_proj.bias", c, 0);
    }
    constant("ln_f.weight", c, 1);
    constant("ln_f.bias", c, 0);
    if (config.scalar_head) {
        parameters.push_back({"score.weight", Tensor::zeros({c, 1}), {}});
        constant("score.bias", 1, 0);
    }
}

Parameter& Gpt::parameter(std::string_view name) {
    for (Parameter& p : parameters) {
        if (p.name == name) return p;
    }
    fail("the model has no parameter named '{}'", name);
}

const Parameter& Gpt::parameter(std::string_view name) const {
    return const_cast<Gpt*>(this)->parameter(name);
}

int64_t Gpt::parameter_count() const {
    int64_t count = 0;
    for (const Parameter& p : parameters) count += p.value.size();
    return count;
}

void Gpt::zero_grad() {
    for (Parameter& p : parameters) {
        if (!p.grad.empty()) p.grad.device().fill(p.grad.size(), 0, p.grad.data());
    }
}

namespace {

Gpt with_head(const Gpt& base, bool head) {
    GptConfig config = base.config;
    config.scalar_head = head;
    Gpt model(config, Random{});
    for (Parameter& p : model.parameters) {
        if (p.name.starts_with("score.") && !base.config.scalar_head) continue;
        p.value = base.parameter(p.name).value.clone();
    }
    return model;
}

} // namespace

Gpt with_scalar_head(const Gpt& base) { return with_head(base, true); }
Gpt without_scalar_head(const Gpt& base) { return with_head(base, false); }

Gpt deeper(const Gpt& base, int64_t layers, Random random) {
    GptConfig config = base.config;
    config.layers += layers;
    Gpt model(config, random);
    for (const Parameter& p : base.parameters) {
        model.parameter(p.name).value = p.value.clone();
    }
    for (int64_t layer = base.config.layers; layer < config.layers; ++layer) {
        model.parameters[at(layer, c_proj)].value.fill(0);
        model.parameters[at(layer, mlp_proj)].value.fill(0);
    }
    return model;
}

Var hidden(Tape& tape, Gpt& model, std::span<const int> tokens, int64_t batch, int64_t time) {
    const GptConfig& config = model.config;
    if (time > config.context) {
        fail("a sequence of {} tokens is longer than the model's context of {}", time,
             config.context);
    }
    if (static_cast<int64_t>(tokens.size()) != batch * time) {
        fail("{} tokens are not {} sequences of {}", tokens.size(), batch, time);
    }
    const auto leaf = [&](size_t i) { return tape.leaf(model.parameters[i]); };

    Var x = embedding(tape, tokens, leaf(wte), leaf(wpe), time);
    for (int64_t layer = 0; layer < config.layers; ++layer) {
        const auto p = [&](Block which) { return leaf(at(layer, which)); };
        // x + attention(norm(x))
        Var a = layer_norm(tape, x, p(ln_1), p(ln_1_bias));
        a = linear(tape, a, p(c_attn), p(c_attn_bias));
        a = attention(tape, a, batch, time, config.heads);
        x = add(tape, x, linear(tape, a, p(c_proj), p(c_proj_bias)));
        // x + mlp(norm(x))
        Var m = layer_norm(tape, x, p(ln_2), p(ln_2_bias));
        m = linear_gelu(tape, m, p(c_fc), p(c_fc_bias));
        x = add(tape, x, linear(tape, m, p(mlp_proj), p(mlp_proj_bias)));
    }
    return layer_norm(tape, x, leaf(final_norm(config)), leaf(final_norm(config) + 1));
}

Var logits(Tape& tape, Gpt& model, Var hidden_states) {
    return matmul(tape, hidden_states, tape.leaf(model.parameters[wte]), true);
}

Var scores(Tape& tape, Gpt& model, Var hidden_states) {
    if (!model.config.scalar_head) fail("the model has no scalar head: it is not a reward model");
    const size_t head = final_norm(model.config) + 2;
    return linear(tape, hidden_states, tape.leaf(model.parameters[head]),
                  tape.leaf(model.parameters[head + 1]));
}

} // namespace qstar::engine
