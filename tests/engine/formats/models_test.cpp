// Models of others in both of their forms, made by a Python program of its own
// (tests/cases/models/make.py) with the logits in float64; and ours out and in again.

#include "engine/base/error.h"
#include "engine/decode/decoder.h"
#include "engine/formats/gguf_model.h"
#include "engine/formats/gguf_names.h"
#include "engine/formats/huggingface.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/nn/safetensors.h"
#include "engine/text/jsonl.h"
#include "tests/paths.h"
#include "tests/refusal.h"
#include "tests/temporary.h"

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>
#include <functional>
#include <string>

using namespace qstar;
using namespace qstar::engine;

namespace {

const std::string model_cases = join_path(tests::source_dir, "tests/cases/models");

std::string weights_of(const Gpt& gpt) {
    std::string bytes;
    for (const Parameter& p : gpt.parameters) {
        bytes += p.name;
        bytes.append(reinterpret_cast<const char*>(p.value.data()),
                     static_cast<size_t>(p.value.size()) * sizeof(float));
    }
    return bytes;
}

// The largest difference of the decoder's logits from the reference's.
double off_reference(const Gpt& gpt, const Json& reference) {
    Decoder decoder(gpt, 1);
    double worst = 0;
    for (size_t t = 0; t < reference["tokens"].size(); ++t) {
        const int token = reference["tokens"][t];
        const Decoder::Feed feed{0, {&token, 1}};
        const Tensor logits = decoder.feed({&feed, 1});
        const auto row = reference["logits"][t].get<std::vector<double>>();
        REQUIRE(static_cast<size_t>(logits.size()) == row.size());
        for (size_t i = 0; i < row.size(); ++i)
            worst = std::max(
                worst, std::abs(static_cast<double>(logits[static_cast<int64_t>(i)]) - row[i]));
    }
    return worst;
}

} // namespace

TEST_CASE("models of each family give the reference's logits, from both forms the same bytes") {
    for (const std::string family : {"gpt2", "llama", "qwen2", "qwen3"}) {
        CAPTURE(family);
        const std::string folder = join_path(model_cases, family);
        const HfModel theirs = read_huggingface(folder);
        CHECK(theirs.config.gpt.family == family_named(family));
        CHECK(theirs.config.ends == (family == "gpt2" ? TextEnds{22, {22}} : TextEnds{1, {2}}));
        const Gpt gguf = read_gguf_model(GgufReader(folder + ".gguf"));
        CHECK(gguf.config == theirs.gpt.config);
        CHECK(weights_of(gguf) == weights_of(theirs.gpt));
        const Json reference = read_json(join_path(folder, "reference.json")).value;
        CHECK(off_reference(theirs.gpt, reference) < 2e-5);

        // Out and in again.
        const Temporary out;
        for (const char* name : {"f32", "f16", "bf16"}) {
            CAPTURE(name);
            const WeightType type = weight_type(name);
            write_huggingface(out.path, theirs.gpt, theirs.config, type);
            const HfModel again = read_huggingface(out.path);
            CHECK(again.config.gpt == theirs.config.gpt);
            CHECK(again.config.ends == theirs.config.ends);
            const std::string torch = string_field(read_json(out / "config.json"), "torch_dtype");
            CHECK(torch == (type == WeightType::f32   ? "float32"
                            : type == WeightType::f16 ? "float16"
                                                      : "bfloat16"));
            const std::string path = out / "model.gguf";
            write_gguf(path, gguf_model(theirs.gpt, "tiny", type));
            const GgufReader file(path);
            const Gpt back = read_gguf_model(file);
            CHECK(back.config == theirs.gpt.config);
            // All of them fit into halves, and into bf16.
            CHECK(weights_of(again.gpt) == weights_of(theirs.gpt));
            CHECK(weights_of(back) == weights_of(theirs.gpt));
        }
    }
}

TEST_CASE("a shorter context is the same model on what fits") {
    for (const std::string family : {"gpt2", "llama"}) {
        CAPTURE(family);
        const std::string folder = join_path(model_cases, family);
        const Gpt cut = read_huggingface(folder, 7).gpt;
        CHECK(cut.config.context == 7);
        CHECK(weights_of(cut) == weights_of(read_gguf_model(GgufReader(folder + ".gguf"), 7)));
        CHECK(off_reference(cut, read_json(join_path(folder, "reference.json")).value) < 2e-5);
    }
}

TEST_CASE("a reward model is a classifier of one label, with its bias") {
    const Gpt base = read_huggingface(join_path(model_cases, "gpt2")).gpt;
    const Gpt reward = with_scalar_head(base);
    for (int64_t i = 0; i < 8; ++i) reward.parameter("score.weight").value[i] = 0.5f + float(i);
    reward.parameter("score.bias").value[0] = -0.25f;
    const Temporary out;
    write_huggingface(out.path, reward, {reward.config, {}, "each step"});
    const Json config = read_json(out / "config.json").value;
    CHECK(config["architectures"] == Json::array({"GPT2ForSequenceClassification"}));
    CHECK(config["num_labels"] == 1);
    const SafeTensors file = read_safetensors(out / "model.safetensors");
    CHECK(file.tensors.at("score.weight").shape() == Shape{1, 8});
    CHECK(file.tensors.contains("transformer.wte.weight"));
    const HfModel again = read_huggingface(out.path);
    CHECK(again.config.reading == "each step");
    CHECK(again.gpt.config == reward.config);
    CHECK(weights_of(again.gpt) == weights_of(reward));

    // One of others has no bias.
    SafeTensors other = file;
    other.tensors.erase("score.bias");
    write_safetensors(out / "model.safetensors", other);
    CHECK(read_huggingface(out.path).gpt.parameter("score.bias").value[0] == 0);
    CHECK(tests::refusal_of([&] {
              gguf_model(reward, "x");
          }).starts_with("a reward model of the family gpt2: "));
}

TEST_CASE("a reward model of qwen3 in GGUF is a reranker") {
    GptConfig config{.layers = 1, .heads = 2, .width = 8, .context = 4, .vocab = 5};
    config.family = Family::qwen3;
    config.scalar_head = true;
    Gpt reward(config, Random(3, "reward"));
    Tensor& weight = reward.parameter("score.weight").value;
    for (int64_t i = 0; i < 8; ++i) weight[i] = static_cast<float>(i) - 2;
    reward.parameter("score.bias").value[0] = 0.5f;
    const Temporary out;
    GgufContents contents = gguf_model(reward, "x", WeightType::f16);
    write_gguf(out / "x.gguf", contents);
    const GgufReader file(out / "x.gguf");
    CHECK(file.whole("qwen3.pooling_type") == 4);
    CHECK(file.number("qstar.score.bias") == 0.5);
    const Tensor rows = Tensor::full({2, 8}, 9);
    file.read("cls.output.weight", rows); // F32 also where the matrices are F16
    for (int64_t i = 0; i < 8; ++i) {
        CHECK(rows[i] == weight[i]);
        CHECK(rows[8 + i] == 0);
    }
    CHECK(!file.tensors().contains("score.weight"));
    // A reranker is no policy.
    CHECK(tests::refusal_of([&] {
              read_gguf_model(file);
          }).find("\"qwen3.classifier.output_labels\"") != std::string::npos);
}

TEST_CASE("names of GGUF") {
    GptConfig llama{2, 4, 16, 8, 10, false, Family::llama};
    llama.kv_heads = 2;
    const GgufName keys = gguf_name("model.layers.1.self_attn.k_proj.weight", llama);
    CHECK(keys.tensor == "blk.1.attn_k.weight");
    CHECK(keys.paired_heads == 2);
    CHECK(!keys.transposed);
    GptConfig qwen = llama;
    qwen.family = Family::qwen2;
    CHECK(gguf_name("model.layers.0.self_attn.q_proj.bias", qwen).tensor == "blk.0.attn_q.bias");
    CHECK(gguf_name("model.layers.0.self_attn.q_proj.weight", qwen).paired_heads == 0);
    CHECK(gguf_name("lm_head.weight", qwen).tensor == "output.weight");
    const GptConfig gpt2{2, 4, 16, 8, 10, false};
    CHECK(gguf_name("h.1.mlp.c_fc.weight", gpt2).tensor == "blk.1.ffn_up.weight");
    CHECK(gguf_name("h.1.mlp.c_fc.weight", gpt2).transposed);
    CHECK(!gguf_name("h.1.mlp.c_fc.bias", gpt2).transposed);
    CHECK(!gguf_name("wpe.weight", gpt2).transposed);
}

TEST_CASE("a folder is refused by what it lacks or has too much") {
    const Temporary folder;
    const auto refused = [&](const std::function<void()>& change) {
        std::filesystem::remove_all(folder.path);
        std::filesystem::copy(join_path(model_cases, "gpt2"), folder.path);
        change();
        std::string sentence = tests::refusal_of([&] { read_huggingface(folder.path); });
        const size_t at = sentence.find(folder.path);
        return at == 0 ? sentence.substr(folder.path.size()) : sentence;
    };
    const std::string weights = folder / "model.safetensors";
    const auto with_weights = [&](const std::function<void(SafeTensors&)>& change) {
        return refused([&] {
            SafeTensors file = read_safetensors(weights);
            change(file);
            write_safetensors(weights, file);
        });
    };
    CHECK(refused([] {}) == "no Error");
    CHECK(refused([&] { std::filesystem::remove(folder / "config.json"); }) ==
          ": expected a model's folder with a config.json");
    CHECK(refused([&] { std::filesystem::remove(weights); }) ==
          ": expected model.safetensors or model.safetensors.index.json, found neither");
    CHECK(with_weights([](SafeTensors& f) { f.tensors.erase("ln_f.bias"); }) ==
          ": there is no tensor \"ln_f.bias\"");
    CHECK(with_weights([](SafeTensors& f) { f.tensors["extra"] = Tensor::zeros({2}); }) ==
          "/model.safetensors: tensor \"extra\": not one of the 28 tensors of a model of this "
          "family and shape");
    CHECK(
        with_weights([](SafeTensors& f) {
            f.tensors["transformer.ln_f.bias"] = Tensor::zeros({8});
        }).starts_with("/model.safetensors: tensor \"transformer.ln_f.bias\" stands there twice"));
    CHECK(with_weights([](SafeTensors& f) { f.tensors["ln_f.bias"] = Tensor::zeros({9}); }) ==
          "/model.safetensors: tensor \"ln_f.bias\": expected the shape (8), found (9)");
    CHECK(refused([&] {
              Json config = read_json(folder / "config.json").value;
              config["n_layer"] = 900;
              write_json(folder / "config.json", config);
          }).starts_with("/config.json: a model of these sizes has 78"));
    // The released files' names.
    CHECK(with_weights([](SafeTensors& f) {
              SafeTensors renamed;
              for (const auto& [name, tensor] : f.tensors)
                  renamed.tensors["transformer." + name] = tensor;
              renamed.tensors["lm_head.weight"] = f.tensors.at("wte.weight");
              f = renamed;
          }) == "no Error");
}

TEST_CASE("an index of several files is believed only as far as they go") {
    const Temporary folder;
    const std::string index = folder / "model.safetensors.index.json";
    const auto refused = [&](const std::function<void(Json&)>& change) {
        std::filesystem::remove_all(folder.path);
        std::filesystem::copy(join_path(model_cases, "qwen3"), folder.path);
        Json json = read_json(index).value;
        change(json);
        write_json(index, json);
        const std::string sentence = tests::refusal_of([&] { read_huggingface(folder.path); });
        return sentence.starts_with(index) ? sentence.substr(index.size()) : sentence;
    };
    CHECK(refused([](Json&) {}) == "no Error");
    CHECK(refused([](Json& j) { j["weight_map"]["x"] = "../a.safetensors"; }) ==
          ": weight_map: tensor \"x\": expected the name of a safetensors file beside the index, "
          "found \"../a.safetensors\"");
    CHECK(refused([](Json& j) { j["weight_map"]["x"] = 3; }) ==
          ": weight_map: tensor \"x\": expected the name of a file, found 3");
    CHECK(refused([](Json& j) {
              j["weight_map"]["x"] = "model-00001-of-00002.safetensors";
          }).ends_with("is in none of the files"));
    CHECK(refused([](Json& j) {
              j["weight_map"]["model.norm.weight"] = "model-00001-of-00002.safetensors";
              j["weight_map"]["lm_head.weight"] = "model-00002-of-00002.safetensors";
          }).find("should be in ") != std::string::npos);
    CHECK(refused([](Json& j) { j["weight_map"] = Json::object(); }) ==
          ": weight_map: no tensor stands there");
    CHECK(refused([](Json& j) { j.erase("weight_map"); }) ==
          ": field \"weight_map\": expected an object, found nothing");
}
