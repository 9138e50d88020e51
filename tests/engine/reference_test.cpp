// Tiny GPTs of each family against PyTorch: reference/make_reference.py made the numbers.

#include "engine/nn/gpt.h"
#include "engine/nn/safetensors.h"
#include "engine/optim/optimiser.h"
#include "tests/paths.h"

#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::engine;

namespace {

struct Reference {
    std::string path;
    explicit Reference(const std::string& name)
        : path(std::string(tests::source_dir) + "/tests/engine/reference/tiny_" + name +
               ".safetensors") {}
    SafeTensors file = read_safetensors(path);

    const Tensor& tensor(const std::string& name) const { return file.tensor(name, path); }
    int64_t number(const std::string& name) const { return std::stoll(file.text(name, path)); }
    std::vector<int> integers(const std::string& name) const {
        const Tensor& t = tensor(name);
        return {t.data(), t.data() + t.size()};
    }
};

// The model of the file, with its weights.
Gpt model_of(const Reference& reference) {
    GptConfig config;
    config.family = family_named(reference.file.text("family", reference.path));
    config.layers = reference.number("layers");
    config.heads = reference.number("heads");
    config.width = reference.number("width");
    config.context = reference.number("context");
    config.vocab = reference.number("vocab");
    const auto& others = reference.file.metadata; // what is otherwise than ours
    if (others.contains("kv_heads")) config.kv_heads = reference.number("kv_heads");
    if (others.contains("head_size")) config.head_size = reference.number("head_size");
    if (others.contains("norm_epsilon")) config.norm_epsilon = std::stod(others.at("norm_epsilon"));
    if (others.contains("rope_base")) config.rope_base = std::stod(others.at("rope_base"));
    config.tied = !others.contains("tied");
    Gpt model(config, Random(1, "reference"));
    for (Parameter& p : model.parameters) {
        const Tensor& start = reference.tensor("start." + p.name);
        REQUIRE(start.shape() == p.value.shape());
        std::copy_n(start.data(), start.size(), p.value.data());
    }
    return model;
}

struct Batch {
    std::vector<int> tokens, targets;
    std::vector<float> weights;
    int64_t size, time;

    explicit Batch(const Reference& reference)
        : tokens(reference.integers("tokens")), targets(reference.integers("targets")),
          size(reference.number("batch")), time(reference.number("context")) {
        const auto values = reference.tensor("weights").values();
        weights.assign(values.begin(), values.end());
    }
};

float largest(const Tensor& t) {
    float result = 0;
    for (const float v : t.values()) result = std::max(result, std::abs(v));
    return result;
}

float distance(const Tensor& a, const Tensor& b) {
    REQUIRE(a.size() == b.size());
    float result = 0;
    for (int64_t i = 0; i < a.size(); ++i) result = std::max(result, std::abs(a[i] - b[i]));
    return result;
}

constexpr const char* kReferences[] = {"gpt", "llama", "qwen2", "qwen3", "llama_grouped"};

} // namespace

TEST_CASE("logits, loss and every gradient are PyTorch's") {
    const char* name = nullptr;
    for (const char* family : kReferences) SUBCASE(family) name = family;
    const Reference reference(name);
    const Batch batch(reference);
    Gpt model = model_of(reference);
    model.zero_grad();
    Tape tape;
    const Var out = logits(tape, model, hidden(tape, model, batch.tokens, batch.size, batch.time));
    const Var loss = cross_entropy(tape, out, batch.targets, batch.weights);
    CHECK(distance(tape.value(out), reference.tensor("logits")) < 1e-4f);
    CHECK(std::abs(tape.value(loss)[0] - reference.tensor("loss")[0]) < 1e-5f);

    tape.backward(loss);
    for (const Parameter& p : model.parameters) {
        CAPTURE(p.name);
        const Tensor& expected = reference.tensor("grad." + p.name);
        CHECK(distance(p.grad, expected) < 1e-4f * largest(expected));
    }
}

TEST_CASE("ten steps of AdamW with clipping end at PyTorch's weights") {
    const char* name = nullptr;
    for (const char* family : kReferences) SUBCASE(family) name = family;
    const Reference reference(name);
    const Batch batch(reference);
    const float rate = std::stof(reference.file.text("rate", reference.path));
    Gpt model = model_of(reference);
    Optimiser optimizer(model.parameters, {{0.9f, 0.95f, 1e-8f, 0.1f, 1.0f}});
    Tape tape;
    for (int64_t step = 0; step < reference.tensor("losses").size(); ++step) {
        CAPTURE(step);
        tape.reset();
        model.zero_grad();
        const Var out =
            logits(tape, model, hidden(tape, model, batch.tokens, batch.size, batch.time));
        const Var loss = cross_entropy(tape, out, batch.targets, batch.weights);
        CHECK(std::abs(tape.value(loss)[0] - reference.tensor("losses")[step]) < 1e-4f);
        tape.backward(loss);
        const float norm = optimizer.update(model.parameters, rate);
        CHECK(std::abs(norm - reference.tensor("norms")[step]) < 1e-4f * norm);
    }
    for (const Parameter& p : model.parameters) {
        CAPTURE(p.name);
        const Tensor& expected = reference.tensor("after." + p.name);
        Tensor found = p.value.clone();
        if (p.name.ends_with("c_attn.bias")) {
            // Attention does not change when all keys move alike, so the gradient of
            // the keys' bias is zero and what arrives is rounding, which Adam's
            // division enlarges. Bounded here by what ten steps can do at most.
            const int64_t width = model.config.width;
            for (int64_t i = width; i < 2 * width; ++i) {
                CHECK(std::abs(found[i] - expected[i]) < 10 * rate);
                found[i] = expected[i];
            }
        }
        // Where a gradient is nearly zero, Adam's division enlarges its rounding.
        CHECK(distance(found, expected) < 5e-4f);
        CHECK(distance(reference.tensor("start." + p.name), expected) > 1e-3f); // it moved
    }
}
