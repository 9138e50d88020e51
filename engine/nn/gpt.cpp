#include "engine/nn/gpt.h"

#include "engine/base/error.h"
#include "engine/nn/families.h"
#include "engine/nn/gpt_config.h"

#include <algorithm>
#include <string>

namespace qstar::engine {

void NewParameters::normal(const std::string& name, Shape shape, double deviation, int parts) {
    Tensor t = Tensor::unwritten(shape);
    if (random)
        for (float& value : t.values()) value = static_cast<float>(deviation * random->normal());
    const bool out_in = config.family != Family::gpt2;
    parameters.push_back({.name = name, .value = t, .grad = {}, .parts = parts, .out_in = out_in});
}

void NewParameters::constant(const std::string& name, Shape shape, float value) {
    parameters.push_back({name, Tensor::full(shape, value), {}});
}

namespace {

void add_scalar_head(NewParameters add) {
    add.constant("score.weight", {add.config.width, 1}, 0);
    add.constant("score.bias", {1}, 0);
}

} // namespace

Gpt::Gpt(const GptConfig& config_, std::optional<Random> random) : config(config_) {
    check_sizes(config);
    NewParameters add{config, parameters, random};
    if (config.family == Family::gpt2) {
        gpt2::add_parameters(add);
    } else {
        llama::add_parameters(add);
        turns = llama::turns(config.context, head_size(config), config.rope_base);
    }
    if (config.scalar_head) add_scalar_head(add);
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

// Without a model of random numbers on the way: a large one takes seconds.
Gpt with_head(const Gpt& base, bool head) {
    Gpt model = base;
    model.config.scalar_head = head;
    if (!head || !base.config.scalar_head)
        std::erase_if(model.parameters,
                      [](const Parameter& p) { return p.name.starts_with("score."); });
    for (Parameter& p : model.parameters) {
        p.value = p.value.clone();
        p.grad = p.replica_grad = {};
    }
    if (head && !base.config.scalar_head)
        add_scalar_head({model.config, model.parameters, std::nullopt});
    return model;
}

} // namespace

Gpt with_scalar_head(const Gpt& base) { return with_head(base, true); }
Gpt without_scalar_head(const Gpt& base) { return with_head(base, false); }

Gpt untied(const Gpt& base) {
    if (!base.config.tied) return base;
    if (base.config.family == Family::gpt2)
        fail("a model of the family gpt2 has no head of its own beside the embedding");
    Gpt model = base;
    model.config.tied = false;
    const auto scores =
        std::find_if(model.parameters.begin(), model.parameters.end(),
                     [](const Parameter& p) { return p.name.starts_with("score."); });
    model.parameters.insert(scores, {.name = "lm_head.weight",
                                     .value = model.parameters.front().value.clone(),
                                     .grad = {},
                                     .out_in = true});
    return model;
}

namespace {

// Of any family.
bool into_residual_stream(std::string_view name) {
    return name.ends_with(".c_proj.weight") || name.ends_with(".o_proj.weight") ||
           name.ends_with(".down_proj.weight");
}

} // namespace

Gpt deeper(const Gpt& base, int64_t layers, Random random) {
    GptConfig config = base.config;
    config.layers += layers;
    Gpt model(config, random);
    for (Parameter& p : model.parameters) {
        if (into_residual_stream(p.name)) p.value.fill(0);
    }
    for (const Parameter& p : base.parameters) {
        model.parameter(p.name).value = p.value.clone();
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
    if (config.family == Family::gpt2)
        return gpt2::hidden(tape, config, model.parameters, tokens, batch, time);
    return llama::hidden(tape, config, model.parameters, model.turns, tokens, batch, time, nullptr);
}

Var logits(Tape& tape, Gpt& model, Var hidden_states) {
    Parameter& head =
        model.config.tied ? model.parameters.front() : model.parameter("lm_head.weight");
    return matmul(tape, hidden_states, tape.leaf(head), true);
}

Var scores(Tape& tape, Gpt& model, Var hidden_states) {
    if (!model.config.scalar_head) fail("the model has no scalar head: it is not a reward model");
    return linear(tape, hidden_states, tape.leaf(model.parameter("score.weight")),
                  tape.leaf(model.parameter("score.bias")));
}

} // namespace qstar::engine
