// Adapters in PEFT's form, ours and such as others write, in their base.
#include "engine/base/random.h"
#include "engine/formats/peft.h"
#include "engine/io/files.h"
#include "engine/nn/lora.h"
#include "engine/nn/safetensors.h"
#include "engine/text/jsonl.h"
#include "tests/engine/small_model.h"
#include "tests/refusal.h"
#include "tests/temporary.h"

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <functional>
#include <string>

using namespace qstar;
using namespace qstar::engine;

namespace {

constexpr int64_t kPeftRank = 2;

std::string numbers_of(const Gpt& gpt) {
    std::string all;
    for (const Parameter& p : gpt.parameters) {
        const std::span<float> values = p.value.values();
        all += p.name;
        all.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    }
    return all;
}

// As a training of ours leaves it, with numbers in both halves of each adapter.
Gpt trained_adapter(Family family, bool scalar_head) {
    Gpt model = small_model(scalar_head, family);
    train_only(model, {Trains::lora, kPeftRank}, Random(6, "lora"), 2);
    Random random(7, "learned");
    for (Parameter& p : model.parameters)
        if (p.name.ends_with("lora_B.weight") || p.name.starts_with("score."))
            for (float& x : p.value.values()) x = 0.2f * static_cast<float>(random.normal());
    return model;
}

// An adapter of one map of a llama, as PEFT writes it, after a change; what with_adapter() says.
struct Written {
    Temporary folder;
    Json config{{"peft_type", "LORA"},
                {"task_type", "CAUSAL_LM"},
                {"auto_mapping", nullptr},
                {"base_model_name_or_path", "somebody/a-model"},
                {"bias", "none"},
                {"r", kPeftRank},
                {"lora_alpha", 3},
                {"lora_dropout", 0.05},
                {"target_modules", Json::array({"v_proj"})},
                {"rank_pattern", Json::object()},
                {"use_dora", false},
                {"layer_replication", nullptr},
                {"init_lora_weights", true},
                {"peft_version", "0.17.1"}};
    SafeTensors file;
    std::string stem = "base_model.model.model.layers.1.self_attn.v_proj.";

    Written() {
        Random random(5, "peft");
        for (const auto& [name, shape] : {std::pair{"lora_A.weight", Shape{kPeftRank, 16}},
                                          {"lora_B.weight", Shape{16, kPeftRank}}}) {
            const Tensor t = Tensor::zeros(shape);
            for (float& x : t.values()) x = static_cast<float>(random.normal());
            file.tensors[stem + name] = t;
        }
    }
    Gpt in(const Gpt& base) {
        write_safetensors(folder / "adapter_model.safetensors", file);
        write_json(folder / "adapter_config.json", config);
        return with_adapter(base, folder.path);
    }
};

std::string refused_adapter(const std::function<void(Written&)>& change,
                            Family family = Family::llama) {
    Written written;
    change(written);
    std::string sentence = tests::refusal_of([&] { written.in(small_model(false, family)); });
    const size_t at = sentence.find(written.folder.path);
    if (at == 0) sentence.erase(0, written.folder.path.size());
    return sentence;
}

} // namespace

TEST_CASE("an adapter of ours, read into its base, is the merged model to the bit") {
    for (const Family family : kFamilies) {
        for (const bool scalar_head : {false, true}) {
            CAPTURE(family_name(family));
            CAPTURE(scalar_head);
            const Temporary folder;
            const Gpt model = trained_adapter(family, scalar_head);
            save_adapter(folder.path, model, "../sft");
            CHECK(is_adapter(folder.path));
            const Gpt base = small_model(scalar_head, family);
            CHECK(numbers_of(with_adapter(base, folder.path)) == numbers_of(merged(model)));
            CHECK(numbers_of(base) == numbers_of(small_model(scalar_head, family)));
            // The base of a reward model may be a policy.
            const Gpt policy = small_model(false, family);
            const Gpt whole = with_adapter(policy, folder.path);
            CHECK(whole.config.scalar_head == scalar_head);
            CHECK(numbers_of(whole) == numbers_of(merged(model)));
            folder.file("config.json", "{}"); // then it is a model
            CHECK(!is_adapter(folder.path));
        }
    }
}

TEST_CASE("an adapter of others changes its module by s B A") {
    for (const bool by_root : {false, true}) {
        Written written;
        written.config["use_rslora"] = by_root;
        const Gpt base = small_model(false, Family::llama);
        const Gpt whole = written.in(base);
        const double scale = by_root ? 3 / std::sqrt(2.0) : 1.5;
        const Tensor& a = written.file.tensors[written.stem + "lora_A.weight"];
        const Tensor& b = written.file.tensors[written.stem + "lora_B.weight"];
        for (size_t i = 0; i < base.parameters.size(); ++i) {
            const Parameter &before = base.parameters[i], &after = whole.parameters[i];
            const bool changed = before.name == "model.layers.1.self_attn.v_proj.weight";
            CAPTURE(before.name);
            for (int64_t n = 0; n < before.value.size(); ++n) {
                double expected = before.value[n];
                for (int64_t r = 0; changed && r < kPeftRank; ++r)
                    expected += scale * b[n / 16 * kPeftRank + r] * a[r * 16 + n % 16];
                CHECK(after.value[n] == doctest::Approx(expected).epsilon(1e-5));
            }
        }
    }
}

TEST_CASE("an adapter that is another sum, or of another model, is refused by name") {
    CHECK(refused_adapter([](Written&) {}) == "no Error");
    const auto with_word = [](const char* word, const Json& value) {
        return refused_adapter([&](Written& w) { w.config[word] = value; });
    };
    CHECK(with_word("peft_type", "IA3") ==
          "/adapter_config.json: \"peft_type\" is \"IA3\", but this program reads adapters of LoRA "
          "(\"LORA\") only");
    CHECK(with_word("use_dora", true) ==
          "/adapter_config.json: \"use_dora\" is true, but this program reads adapters without it "
          "only");
    CHECK(with_word("bias", "lora_only").find("\"bias\"") != std::string::npos);
    CHECK(with_word("init_lora_weights", "pissa").find("\"pissa\"") != std::string::npos);
    CHECK(with_word("rank_pattern", Json{{"q_proj", 4}}).find("\"rank_pattern\"") !=
          std::string::npos);
    CHECK(with_word("what_comes_next", 1).find("\"what_comes_next\"") != std::string::npos);
    CHECK(with_word("what_comes_next", nullptr) == "no Error");
    CHECK(with_word("r", 0).find("\"r\" is 0") != std::string::npos);
    CHECK(with_word("r", "two").find("expected a whole number") != std::string::npos);
    CHECK(with_word("r", int64_t{1} << 62).find("expected the shape (4611686018427387904, 16)") !=
          std::string::npos);
    CHECK(with_word("lora_alpha", 1e300).find("\"lora_alpha\"") != std::string::npos);
    CHECK(
        with_word("lora_alpha", 3e38).find("lora_A.weight\": holds a number that is not finite") !=
        std::string::npos);
    CHECK(with_word("r", 4) ==
          "/adapter_model.safetensors: tensor \"base_model.model.model.layers.1.self_attn.v_proj."
          "lora_A.weight\": expected the shape (4, 16), found (2, 16)");

    const auto with_tensor = [](const std::string& name) {
        return refused_adapter([&](Written& w) { w.file.tensors[name] = Tensor::zeros({16}); });
    };
    CHECK(with_tensor("x.y.lora_A.weight") ==
          "/adapter_model.safetensors: tensor \"x.y.lora_A.weight\": expected a name that begins "
          "with \"base_model.model.\"");
    for (const char* other : {"lora_magnitude_vector", "lora_B.bias", "lora_embedding_A"})
        CHECK(with_tensor(Written().stem + other).find("lora_A.weight and lora_B.weight") !=
              std::string::npos);
    CHECK(with_tensor("base_model.model.lm_head.weight").find("the model has no") !=
          std::string::npos); // its head is the embedding
    CHECK(refused_adapter([](Written& w) { w.file.tensors.erase(w.stem + "lora_B.weight"); }) ==
          "/adapter_model.safetensors: there is no tensor \"base_model.model.model.layers.1."
          "self_attn.v_proj.lora_B.weight\"");
    CHECK(refused_adapter([](Written& w) { w.file.tensors.clear(); }).find("holds no lora_A") !=
          std::string::npos);
    CHECK(refused_adapter([](Written&) {}, Family::gpt2) ==
          "/adapter_model.safetensors: tensor \"base_model.model.model.layers.1.self_attn.v_proj."
          "lora_A.weight\": the model has no \"model.layers.1.self_attn.v_proj.weight\" that an "
          "adapter could change");
    const Temporary folder;
    folder.file("adapter_config.json", Written().config.dump());
    folder.file("adapter_model.bin", "x");
    CHECK(tests::refusal_of([&] {
              with_adapter(small_model(false, Family::llama), folder.path);
          }).find("a pickle") != std::string::npos);
    CHECK(tests::refusal_of([&] { base_of_adapter(folder.path, "say where"); }) ==
          folder.path + ": the adapter belongs to \"somebody/a-model\", which does not lie here: "
                        "say where");
}
