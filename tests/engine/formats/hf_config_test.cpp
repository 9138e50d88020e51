// config.json: what it says, and what is refused since it is not computed here.

#include "engine/base/error.h"
#include "engine/formats/gguf_model.h"
#include "engine/formats/hf_config.h"
#include "engine/io/files.h"
#include "tests/paths.h"
#include "tests/temporary.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <functional>
#include <string>

using namespace qstar;
using namespace qstar::engine;

namespace {

// What is refused of a config of that family after a change; its sizes if nothing is.
std::string told_of_config(const std::string& family, const std::function<void(Json&)>& change) {
    const std::string folder = join_path(tests::source_dir, "tests/cases/models");
    JsonLine config = read_json(join_path(join_path(folder, family), "config.json"));
    config.where = "x";
    change(config.value);
    try {
        const GptConfig c = read_hf_config(config).gpt;
        return fmt::format("L{} D{} {}:{} {}", c.layers, c.width, c.heads, kv_heads(c),
                           c.tied ? "tied" : "untied");
    } catch (const Error& error) {
        return error.what();
    }
}

// Which key makes a GGUF file of a llama be refused.
std::string told_of_keys(const std::function<void(GgufContents&)>& change) {
    const Temporary folder;
    const Gpt gpt(GptConfig{1, 2, 8, 4, 5, false, Family::llama}, Random{});
    GgufContents contents = gguf_model(gpt, "x");
    change(contents);
    write_gguf(folder / "x.gguf", contents);
    try {
        read_gguf_model(GgufReader(folder / "x.gguf"));
    } catch (const Error& error) {
        const std::string sentence = error.what();
        return sentence.substr(sentence.find(": ") + 2);
    }
    return "no Error";
}

} // namespace

TEST_CASE("a configuration that is not computed here is refused by its name") {
    const auto llama = [](auto change) { return told_of_config("llama", change); };
    const auto refusal = [](const std::string& name, const std::string& value,
                            const std::string& only) {
        return "x: \"" + name + "\" is " + value + ", but this program computes " + only + " only";
    };
    CHECK(llama([](Json&) {}) == "L2 D16 4:2 tied");
    CHECK(llama([](Json& c) {
              c["rope_scaling"] = Json{{"rope_type", "llama3"}};
          }) == refusal("rope_scaling", R"({"rope_type":"llama3"})", "models without it"));
    CHECK(llama([](Json& c) { c["sliding_window"] = 4096; }) ==
          refusal("sliding_window", "4096", "models without it"));
    CHECK(llama([](Json& c) { c["hidden_act"] = "gelu"; }) ==
          refusal("hidden_act", "\"gelu\"", R"("silu", "swish")"));
    CHECK(llama([](Json& c) { c["attention_bias"] = true; }) ==
          refusal("attention_bias", "true", "false"));
    CHECK(llama([](Json& c) { c["mlp_bias"] = true; }) == refusal("mlp_bias", "true", "false"));
    CHECK(llama([](Json& c) { c["num_local_experts"] = 8; }) ==
          refusal("num_local_experts", "8", "models without it"));
    CHECK(llama([](Json& c) {
              c["quantization_config"] = Json{{"bits", 4}};
          }) == refusal("quantization_config", R"({"bits":4})", "models without it"));
    CHECK(llama([](Json& c) { c["partial_rotary_factor"] = 0.5; }) ==
          refusal("partial_rotary_factor", "0.5", "heads that are turned as a whole"));
    CHECK(llama([](Json& c) {
              c["rope_parameters"] = Json{{"rope_type", "yarn"}, {"factor", 4.0}};
          }) == "x: rope_parameters: \"rope_type\" is \"yarn\", but this program computes "
                "\"default\" only");
    CHECK(
        llama([](Json& c) { c["model_type"] = "mixtral"; }) ==
        "x: \"model_type\" is \"mixtral\", but this program computes gpt2, llama, qwen2 and qwen3 "
        "only");
    CHECK(llama([](Json& c) {
              c["architectures"] = Json::array({"LlamaForTokenClassification"});
          }).starts_with("x: \"architectures\" is [\"LlamaForTokenClassification\"]"));
    CHECK(llama([](Json& c) {
              c["architectures"] = Json::array({"LlamaForSequenceClassification"});
          }) == "x: a classifier of 2 labels, but this program computes a single score only");
    CHECK(
        llama([](Json& c) { c["num_hidden_layers"] = 1.5; }) ==
        "x: field \"num_hidden_layers\": expected a whole number, found a number with a fraction");
    CHECK(llama([](Json& c) { c["num_hidden_layers"] = -1; }) ==
          "x: the model's layers must be within 1 to 1000, found -1");
    CHECK(llama([](Json& c) { c["num_key_value_heads"] = 0; }) ==
          "x: \"num_key_value_heads\" must be 1 or more, found 0");
    CHECK(llama([](Json& c) { c.erase("num_key_value_heads"); }) == "L2 D16 4:4 tied");
    CHECK(llama([](Json& c) { c.erase("tie_word_embeddings"); }) == "L2 D16 4:2 untied");

    const auto qwen = [](auto change) { return told_of_config("qwen2", change); };
    CHECK(qwen([](Json&) {}) == "L1 D16 4:2 tied"); // "sliding_window" alone says nothing
    CHECK(qwen([](Json& c) { c["use_sliding_window"] = true; }) ==
          refusal("use_sliding_window", "true", "false"));
    CHECK(qwen([](Json& c) { c["layer_types"] = Json::array({"sliding_attention"}); }) ==
          refusal("layer_types", R"(["sliding_attention"])", "\"full_attention\""));

    const auto gpt2 = [](auto change) { return told_of_config("gpt2", change); };
    CHECK(gpt2([](Json&) {}) == "L2 D8 2:2 tied");
    CHECK(gpt2([](Json& c) { c["activation_function"] = "relu"; }) ==
          refusal("activation_function", "\"relu\"", R"("gelu_new", "gelu_pytorch_tanh")"));
    CHECK(gpt2([](Json& c) { c["scale_attn_by_inverse_layer_idx"] = true; }) ==
          refusal("scale_attn_by_inverse_layer_idx", "true", "false"));
    CHECK(gpt2([](Json& c) { c["tie_word_embeddings"] = false; }) ==
          refusal("tie_word_embeddings", "false", "true"));
}

TEST_CASE("transformers 5's rotary parameters") {
    const std::string path = join_path(tests::source_dir, "tests/cases/models/llama/config.json");
    JsonLine config = read_json(path);
    config.value.erase("rope_theta");
    config.value["rope_parameters"] = Json{{"rope_type", "default"}, {"rope_theta", 500000.0}};
    CHECK(read_hf_config(config).gpt.rope_base == 500000);
    CHECK(read_hf_config(config, 9).gpt.context == 9);
    config.value["eos_token_id"] = Json::array({2, 5});
    CHECK(read_hf_config(config).ends.end == std::vector<int64_t>{2, 5});
}

TEST_CASE("what GGUF's keys say otherwise than is computed here is refused by its name") {
    using Contents = GgufContents;
    CHECK(told_of_keys([](Contents&) {}) == "no Error");
    CHECK(told_of_keys([](Contents& c) { c.text("llama.rope.scaling.type", "none"); }) ==
          "no Error");
    CHECK(
        told_of_keys([](Contents& c) { c.text("llama.rope.scaling.type", "yarn"); }) ==
        "the key \"llama.rope.scaling.type\": this program computes rotary positions that are not "
        "scaled only");
    CHECK(told_of_keys([](Contents& c) { c.whole("llama.expert_count", 8); }) ==
          "the key \"llama.expert_count\": this program computes models without it only");
    CHECK(
        told_of_keys([](Contents& c) { c.whole("llama.attention.sliding_window", 8); }) ==
        "the key \"llama.attention.sliding_window\": this program computes models without it only");
    CHECK(told_of_keys([](Contents& c) { c.number("llama.logit_scale", 2); }) ==
          "the key \"llama.logit_scale\": this program computes models without it only");
    CHECK(told_of_keys([](Contents& c) {
              std::erase_if(c.keys,
                            [](const auto& k) { return k.first == "llama.rope.dimension_count"; });
              c.whole("llama.rope.dimension_count", 2);
          }) == "the key \"llama.rope.dimension_count\": this program computes heads of 4 numbers, "
                "all turned only");
    CHECK(told_of_keys([](Contents& c) { c.keys[0].second.value = std::string("mamba"); }) ==
          "the key \"general.architecture\" is \"mamba\", but this program computes gpt2, llama, "
          "qwen2 and qwen3 only");
    CHECK(told_of_keys([](Contents& c) {
              c.tensors.push_back(
                  {"rope_freqs.weight", {2}, WeightType::f32, [] { return Tensor::zeros({2}); }});
          }) ==
          "tensor \"rope_freqs.weight\": not one of the tensors of a model of this family and "
          "shape");
}
