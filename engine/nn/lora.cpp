#include "engine/nn/lora.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/nn/safetensors.h"
#include "engine/text/jsonl.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/core.h>
#include <set>
#include <utility>

namespace qstar::engine {

namespace {

constexpr int64_t kMostRank = 4096;

// Of "h.3.attn.c_attn.weight" 3; -1 outside the blocks.
int64_t block_of(std::string_view name) {
    for (const std::string_view before : {"h.", "model.layers."}) {
        if (!name.starts_with(before)) continue;
        int64_t block = -1;
        std::from_chars(name.data() + before.size(), name.data() + name.size(), block);
        return block;
    }
    return -1;
}

// "h.3.attn.c_attn.weight" without "weight".
std::string stem_of(const Parameter& p) { return p.name.substr(0, p.name.size() - 6); }

bool is_score(const Parameter& p) { return p.name.starts_with("score."); }

size_t first_adapter(const Gpt& model) {
    const auto at = std::find_if(model.parameters.begin(), model.parameters.end(),
                                 [](const Parameter& p) { return p.adapter != 0; });
    return at == model.parameters.end() ? model.parameters.size()
                                        : static_cast<size_t>(at->adapter);
}

void add_adapters(Gpt& model, int64_t rank, Random random, int64_t base_layers) {
    const size_t weights = model.parameters.size();
    for (size_t i = 0; i < weights; ++i) {
        // Hidden matrices are the linear maps of the blocks.
        const Parameter weight = model.parameters[i];
        if (weight.parts == 0 || block_of(weight.name) >= base_layers) continue;
        const auto [in, out] = in_and_out(weight);
        Tensor a = Tensor::zeros({rank, in});
        const double bound = 1 / std::sqrt(static_cast<double>(in));
        for (float& x : a.values()) x = static_cast<float>(bound * (2 * random.uniform() - 1));
        model.parameters[i].adapter = static_cast<int>(model.parameters.size());
        model.parameters.push_back({stem_of(weight) + "lora_A.weight", a, {}});
        model.parameters.push_back(
            {stem_of(weight) + "lora_B.weight", Tensor::zeros({out, rank}), {}});
    }
}

// What Hugging Face's own models call it, below the prefix.
std::string peft_name(const GptConfig& config, const std::string& name) {
    const bool in_trunk = !name.starts_with("score.");
    return std::string(kPeftPrefix) +
           (config.family == Family::gpt2 && in_trunk ? "transformer." + name : name);
}

Json adapter_config(const Gpt& model, const std::string& base) {
    std::set<std::string> adapted, whole; // modules, by the end of their name
    for (const Parameter& p : model.parameters) {
        const std::string stem = p.name.substr(0, p.name.rfind('.'));
        if (p.adapter != 0) adapted.insert(stem.substr(stem.rfind('.') + 1));
        if (p.frozen || p.name.find(".lora_") != std::string::npos) continue;
        const bool gpt2 = model.config.family == Family::gpt2;
        whole.insert(is_score(p) ? std::string("score")
                                 : fmt::format("{}.{}", gpt2 ? "h" : "layers", block_of(p.name)));
    }
    const auto list = [](const std::set<std::string>& names) {
        Json all = Json::array();
        for (const std::string& name : names) all.push_back(name);
        return all;
    };
    const int64_t rank = trains_of(model).rank;
    return {{"peft_type", "LORA"},
            {"task_type", model.config.scalar_head ? "SEQ_CLS" : "CAUSAL_LM"},
            {"base_model_name_or_path", base},
            {"r", rank},
            {"lora_alpha", static_cast<int64_t>(kLoraFactor) * rank},
            {"lora_dropout", 0.0},
            {"bias", "none"},
            {"target_modules", list(adapted)},
            {"modules_to_save", whole.empty() ? Json(nullptr) : list(whole)},
            {"fan_in_fan_out", model.config.family == Family::gpt2},
            {"init_lora_weights", true},
            {"inference_mode", true}};
}

} // namespace

bool is_head(const GptConfig& config, const Parameter& p) {
    return config.scalar_head ? is_score(p) : p.name == "lm_head.weight";
}

InOut in_and_out(const Parameter& weight) {
    const Shape& shape = weight.value.shape();
    return weight.out_in ? InOut{shape[1], shape[0]} : InOut{shape[0], shape[1]};
}

Tensor with_product(const Parameter& weight, const Tensor& given_a, const Tensor& given_b,
                    float factor) {
    const auto [in, out] = in_and_out(weight);
    const Device& device = weight.value.device();
    const auto there = [&](const Tensor& t) {
        return &t.device() == &device ? t : t.clone(device);
    };
    const Tensor a = there(given_a), b = there(given_b);
    const int64_t rank = a.shape()[0];
    Tensor whole = weight.value.clone(device), scaled = Tensor::zeros(b.shape(), device);
    device.map(Map::scale, b.size(), b.data(), factor, 0, scaled.data());
    Gemm g;
    g.k = rank;
    g.accumulate = true;
    g.c = whole.data();
    if (weight.out_in) {
        g.m = out, g.n = in;
        g.a = scaled.data(), g.lda = rank;
        g.b = a.data(), g.ldb = in;
        g.ldc = in;
    } else {
        g.trans_a = g.trans_b = true;
        g.m = in, g.n = out;
        g.a = a.data(), g.lda = in;
        g.b = scaled.data(), g.ldb = rank;
        g.ldc = out;
    }
    device.gemm(g, Precision::fp32);
    device.finish();
    return whole;
}

Trains trains_named(std::string_view text) {
    if (text == "all") return {};
    if (text == "head") return {Trains::head, 0};
    int64_t rank = 0;
    if (text.starts_with("lora:")) {
        const char* const end = text.data() + text.size();
        const auto [last, error] = std::from_chars(text.data() + 5, end, rank);
        if (error == std::errc() && last == end && rank >= 1 && rank <= kMostRank)
            return {Trains::lora, rank};
    }
    fail("--trains must be all, head or lora: and a rank of 1 to {}, as in lora:8, found \"{}\"",
         kMostRank, text);
}

void train_only(Gpt& model, const Trains& trains, Random random, int64_t base_layers) {
    if (trains.what == Trains::all) return;
    if (trains.what == Trains::head && !model.config.scalar_head && model.config.tied)
        fail("--trains head: the model has no head of its own, so there is nothing to train: "
             "expected all, or lora: and a rank");
    for (Parameter& p : model.parameters) {
        const bool is_new =
            trains.what == Trains::lora && (is_score(p) || block_of(p.name) >= base_layers);
        const bool alone = trains.what == Trains::head && is_head(model.config, p);
        p.frozen = !alone && !is_new;
        if (p.frozen) p.grad = p.replica_grad = {};
    }
    if (trains.what == Trains::lora) add_adapters(model, trains.rank, random, base_layers);
}

Trains trains_of(const Gpt& model) {
    if (const size_t at = first_adapter(model); at < model.parameters.size())
        return {Trains::lora, model.parameters[at].value.shape()[0]};
    const bool frozen = std::any_of(model.parameters.begin(), model.parameters.end(),
                                    [](const Parameter& p) { return p.frozen; });
    return {frozen ? Trains::head : Trains::all, 0};
}

int64_t trained_count(const Gpt& model) {
    int64_t count = 0;
    for (const Parameter& p : model.parameters)
        if (!p.frozen) count += p.value.size();
    return count;
}

int64_t trained_count(const GptConfig& c, const Trains& trains) {
    const int64_t head = c.scalar_head ? c.width + 1 : 0;
    if (trains.what == Trains::all) return parameter_count(c);
    if (trains.what == Trains::head) return c.scalar_head ? c.width + 1 : c.vocab * c.width;
    const int64_t mlp = (c.family == Family::gpt2 ? 2 : 3) * (c.width + hidden_width(c));
    const int64_t queries = query_width(c), keys = kv_width(c);
    const int64_t into =
        c.family == Family::gpt2 ? 4 * c.width : c.width + queries + 2 * (c.width + keys);
    return c.layers * trains.rank * (into + queries + c.width + mlp) + head;
}

Gpt merged(const Gpt& model) {
    Gpt whole = model;
    const size_t adapters = first_adapter(model);
    whole.parameters.erase(whole.parameters.begin() + static_cast<std::ptrdiff_t>(adapters),
                           whole.parameters.end());
    for (Parameter& p : whole.parameters) {
        p.frozen = false;
        if (p.adapter == 0) continue;
        const auto at = static_cast<size_t>(std::exchange(p.adapter, 0));
        p.value = with_product(p, model.parameters[at].value, model.parameters[at + 1].value,
                               kLoraFactor);
    }
    return whole;
}

Var project(Tape& tape, std::span<Parameter> parameters, size_t which, Var x, Var bias) {
    Parameter& weight = parameters[which];
    const Var w = tape.leaf(weight);
    const Var y = weight.out_in ? matmul(tape, x, w, true, bias) : linear(tape, x, w, bias);
    if (weight.adapter == 0) return y;
    const auto at = static_cast<size_t>(weight.adapter);
    const Var sum = add_low_rank(tape, y, x, tape.leaf(parameters[at]),
                                 tape.leaf(parameters[at + 1]), kLoraFactor);
    tape.drop(y);
    return sum;
}

void save_adapter(const std::string& folder, const Gpt& model, const std::string& base) {
    if (trains_of(model).what != Trains::lora) return;
    SafeTensors file;
    file.metadata["format"] = "pt";
    for (const Parameter& p : model.parameters) {
        if (p.frozen) continue;
        const bool column = p.name == "score.weight"; // (out, in) elsewhere
        file.tensors[peft_name(model.config, p.name)] =
            column ? p.value.reshaped({1, model.config.width}) : p.value;
    }
    write_safetensors(join_path(folder, "adapter_model.safetensors"), file);
    write_json(join_path(folder, "adapter_config.json"), adapter_config(model, base));
}

} // namespace qstar::engine
