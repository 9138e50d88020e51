#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/nn/gpt.h"
#include "engine/nn/safetensors.h"
#include "engine/optim/optimiser.h"
#include "engine/optim/schedule.h"
#include "tests/engine/small_model.h"
#include "tests/temporary.h"

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>

using namespace qstar;
using namespace qstar::engine;

namespace {

// A few steps on random tokens; the bytes of all weights.
std::string train(Gpt model, int steps) {
    Optimiser optimiser(model.parameters, {});
    const std::vector<float> ones(6 * 20, 1.0f);
    Tape tape;
    for (int step = 0; step < steps; ++step) {
        const auto tokens = random_tokens(6 * 20, 10), targets = random_tokens(6 * 20, 11);
        tape.reset();
        model.zero_grad();
        const Var h = hidden(tape, model, tokens, 6, 20);
        tape.backward(cross_entropy(tape, logits(tape, model, h), targets, ones));
        optimiser.update(model.parameters, 1e-2f);
    }
    std::string bytes;
    for (const Parameter& p : model.parameters) {
        bytes.append(reinterpret_cast<const char*>(p.value.data()),
                     static_cast<size_t>(p.value.size()) * sizeof(float));
    }
    return bytes;
}

} // namespace

TEST_CASE("training gives the same bytes at one and at two threads, and learns") {
    std::vector<GptConfig> configs{grouped_config(Family::qwen2)};
    for (const Family family : kFamilies) configs.push_back(small_model(false, family).config);
    for (const GptConfig& config : configs) {
        CAPTURE(family_name(config.family));
        set_threads(1);
        const std::string one = train(small_model(config), 5);
        set_threads(2);
        const std::string two = train(small_model(config), 5);
        set_threads(0);
        CHECK(one == two);
        CHECK(one != train(small_model(config), 4));
    }
}

TEST_CASE("sizes that do not go together are refused in a sentence") {
    const auto refused = [](const auto& change) {
        GptConfig config{2, 6, 24, 8, 10, false, Family::llama};
        change(config);
        try {
            check_sizes(config, "a GPT's ");
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(refused([](GptConfig& c) { c.kv_heads = 3, c.head_size = 10; }).empty());
    CHECK(refused([](GptConfig& c) { c.kv_heads = 4; }) ==
          "a GPT's 4 heads of keys and values cannot be shared by 6 heads");
    CHECK(refused([](GptConfig& c) { c.kv_heads = 12; }) ==
          "a GPT's kv_heads must be within 1 to 6, found 12");
    CHECK(refused([](GptConfig& c) { c.head_size = 5; }) ==
          "a GPT's heads of 5 numbers cannot be turned in pairs: a rotary family wants an even "
          "width of a head");
    CHECK(refused([](GptConfig& c) { c.head_size = 80'000; }) ==
          "a GPT's heads times head_size must be within 1 to 400000, found 480000");
    CHECK(refused([](GptConfig& c) { c.norm_epsilon = -1; }) ==
          "a GPT's norm_epsilon must be within 0 to 1, found -1");
    CHECK(refused([](GptConfig& c) { c.rope_base = std::nan(""); }) ==
          "a GPT's rope_base must be within 1 to 1e12, found nan");
    const auto of_gpt2 = [&](const auto& change) {
        return refused([&](GptConfig& c) {
            c.family = Family::gpt2;
            change(c);
        });
    };
    CHECK(of_gpt2([](GptConfig& c) { c.norm_epsilon = 1e-3; }).empty());
    CHECK(of_gpt2([](GptConfig& c) { c.kv_heads = 3; }) ==
          "a GPT's kv_heads must be 6 in the family gpt2, found 3");
    CHECK(of_gpt2([](GptConfig& c) { c.head_size = 8; }) ==
          "a GPT's head_size must be 4 in the family gpt2, found 8");
    CHECK(of_gpt2([](GptConfig& c) { c.heads = 5, c.head_size = 4; }) ==
          "a GPT's width of 24 cannot be cut into 5 heads");
    CHECK(of_gpt2([](GptConfig& c) { c.rope_base = 1e6; }) ==
          "a GPT's rope_base is 1000000, but the family gpt2 has no rotary positions");
    CHECK(of_gpt2([](GptConfig& c) { c.tied = false; }) ==
          "a GPT's family gpt2 has no head of its own for the next token: it must be tied");
}

TEST_CASE("a reward model starts undecided on its base's weights") {
    Family family = Family::gpt2;
    SUBCASE("gpt2") {}
    SUBCASE("qwen3") { family = Family::qwen3; }
    Gpt base = small_model(false, family);
    Gpt reward = with_scalar_head(base);
    CHECK(reward.parameter_count() == base.parameter_count() + 17);
    Tape tape(false);
    const auto tokens = random_tokens(12, 1);
    const Tensor s = tape.value(scores(tape, reward, hidden(tape, reward, tokens, 2, 6)));
    CHECK(s.shape() == Shape{12, 1});
    for (const float x : s.values()) CHECK(x == 0.0f);
    CHECK_THROWS_AS(scores(tape, base, hidden(tape, base, tokens, 2, 6)), Error);
    CHECK(without_scalar_head(reward).parameter_count() == base.parameter_count());
}

TEST_CASE("a reward model keeps the head of the next token") {
    const Gpt base = small_model(grouped_config(Family::qwen2));
    const Gpt reward = with_scalar_head(base);
    CHECK(reward.parameter_count() == base.parameter_count() + 17);
    CHECK(reward.parameter_count() == parameter_count(reward.config));
    const Gpt again = without_scalar_head(reward);
    CHECK(again.config == base.config);
    const Tensor &found = again.parameter("lm_head.weight").value,
                 &expected = base.parameter("lm_head.weight").value;
    CHECK(std::memcmp(found.data(), expected.data(), static_cast<size_t>(found.size()) * 4) == 0);
}

TEST_CASE("a deeper model is the same function until it is trained") {
    Family family = Family::gpt2;
    SUBCASE("gpt2") {}
    SUBCASE("llama") { family = Family::llama; }
    Gpt base = small_model(false, family);
    Gpt deep = deeper(base, 2, Random(1, "deeper"));
    CHECK(deep.config.layers == 4);
    Tape tape(false);
    const auto tokens = random_tokens(12, 1);
    const Tensor a = tape.value(hidden(tape, base, tokens, 2, 6)).clone();
    const Tensor b = tape.value(hidden(tape, deep, tokens, 2, 6));
    CHECK(std::memcmp(a.data(), b.data(), static_cast<size_t>(a.size()) * sizeof(float)) == 0);
}

TEST_CASE("checkpoints: exact round trip and resume") {
    const auto folder = std::filesystem::temp_directory_path() / "qstar_gpt_test";
    std::filesystem::create_directories(folder);
    const std::string path = (folder / "state.safetensors").string();
    Gpt model = small_model(true);
    Optimiser optimiser(model.parameters, {});
    optimiser.first[3].fill(0.25f);
    optimiser.step = 7;
    TrainingState state;
    state.step = 7;
    state.random = Random(5, "batches");
    state.random.counter = 123;
    state.notes["best"] = "0.5";
    save_training(path, model, optimiser, state);

    Gpt other({2, 2, 16, 40, 23, true}, Random(99, "init"));
    Optimiser other_optimiser(other.parameters, {});
    TrainingState read;
    REQUIRE(load_training(path, other, other_optimiser, read));
    CHECK(read.step == 7);
    CHECK(read.random.counter == 123);
    CHECK(read.notes == state.notes);
    CHECK(other_optimiser.step == 7);
    CHECK(other_optimiser.first[3][0] == 0.25f);
    for (size_t i = 0; i < model.parameters.size(); ++i) {
        CHECK(std::memcmp(model.parameters[i].value.data(), other.parameters[i].value.data(),
                          static_cast<size_t>(model.parameters[i].value.size()) * 4) == 0);
    }
    Gpt wider({2, 2, 32, 40, 23, true}, Random(99, "init"));
    Optimiser wider_optimiser(wider.parameters, {});
    CHECK_THROWS_AS(load_training(path, wider, wider_optimiser, read), Error);
    CHECK_FALSE(load_training((folder / "none").string(), other, other_optimiser, read));
    CHECK_THROWS_AS(load_gpt((folder / "none").string()), Error);

    save_gpt(path, model);
    CHECK(load_gpt(path).config == model.config);
    const std::string bytes = read_file(path);
    write_file_atomic(path, bytes.substr(0, bytes.size() - 5));
    CHECK_THROWS_AS(load_gpt(path), Error);
    std::filesystem::remove_all(folder);
}

TEST_CASE("a head's file has the head alone, and goes with the trunk that it was trained on") {
    const Temporary folder;
    std::filesystem::create_directories(folder.path + "/policy");
    std::filesystem::create_directories(folder.path + "/judge");
    const std::string trunk = folder / "policy/model.safetensors",
                      path = folder / "judge/model.safetensors";
    const Gpt policy = small_model(false, Family::qwen3);
    save_gpt(trunk, policy);
    for (Gpt judge : {with_scalar_head(policy), untied(policy)}) {
        judge.parameters.back().value.fill(0.5f); // a bias, or the head of the next token
        save_head(path, judge, trunk, {{"reading", "each step"}});
        CHECK(SafeTensorsReader(path).tensors().size() == (judge.config.scalar_head ? 2 : 1));
        CHECK(SafeTensorsReader(path).text("trunk") == "../policy/model.safetensors");
        CHECK(trunk_of(path) == trunk);
        const Gpt read = load_gpt(path);
        CHECK(read.config == judge.config);
        REQUIRE(read.parameters.size() == judge.parameters.size());
        for (const Parameter& p : judge.parameters) {
            const auto values = p.value.values(), found = read.parameter(p.name).value.values();
            CHECK(std::equal(values.begin(), values.end(), found.begin()));
        }
    }
    CHECK_FALSE(trunk_of(trunk));
    save_gpt(trunk, small_model(true, Family::qwen3)); // another one
    CHECK_THROWS_WITH_AS(load_gpt(path), doctest::Contains("found another"), Error);
    std::filesystem::remove(trunk);
    CHECK_THROWS_WITH_AS(load_gpt(path), doctest::Contains("which is missing"), Error);
}

TEST_CASE("a family's parameters are counted, saved and read by its own names") {
    const auto folder = std::filesystem::temp_directory_path() / "qstar_family_test";
    std::filesystem::create_directories(folder);
    const std::string path = (folder / "model.safetensors").string();
    std::vector<Gpt> models;
    for (const Family family : {Family::llama, Family::qwen2, Family::qwen3}) {
        models.push_back(small_model(grouped_config(family)));
        models.push_back(with_scalar_head(models.back()));
    }
    for (const Family family : kFamilies) models.push_back(small_model(true, family));
    for (const Gpt& model : models) {
        CAPTURE(family_name(model.config.family));
        CHECK(model.parameter_count() == parameter_count(model.config));
        save_gpt(path, model);
        const Gpt read = load_gpt(path);
        CHECK(read.config == model.config);
        for (const Parameter& p : model.parameters) {
            const Tensor& other = read.parameter(p.name).value;
            CHECK(std::memcmp(p.value.data(), other.data(),
                              static_cast<size_t>(other.size()) * sizeof(float)) == 0);
        }
    }
    const std::string bytes = read_file(path);          // of qwen3
    CHECK(bytes.find("kv_heads") == std::string::npos); // only where it is not the usual
    CHECK(bytes.find("model.layers.1.self_attn.q_norm.weight") != std::string::npos);
    std::string other = bytes;
    other.replace(other.find("\"qwen3\""), 7, "\"qwen9\"");
    write_file_atomic(path, other);
    CHECK_THROWS_WITH_AS(load_gpt(path),
                         (path + ": the metadata's family: expected one of the families gpt2, "
                                 "llama, qwen2 and qwen3, found \"qwen9\"")
                             .c_str(),
                         Error);
    other.replace(other.find("\"qwen9\""), 7, "\"llama\"");
    write_file_atomic(path, other);
    CHECK_THROWS_AS(load_gpt(path), Error); // it has norms of queries and keys
    std::filesystem::remove_all(folder);
    CHECK_THROWS_AS(Gpt({1, 3, 9, 8, 8, false, Family::llama}, Random{}), Error); // heads of 3
}

TEST_CASE("rotary positions: only how far two tokens are apart matters") {
    // One layer: a sequence that begins later scores the same pairs alike.
    Gpt model({1, 2, 16, 40, kSmallVocab, false, Family::llama}, Random(3, "init"));
    const Tensor& turns = model.turns;
    CHECK(turns.shape() == Shape{40, 8});
    const auto product = [&](int64_t a, int64_t b) { // of the same pair at both positions
        double sum = 0;
        for (int64_t i = 0; i < 8; ++i) sum += double{turns[a * 8 + i]} * turns[b * 8 + i];
        return sum;
    };
    CHECK(product(0, 3) == doctest::Approx(product(30, 33)).epsilon(1e-5));
    CHECK(product(0, 3) != doctest::Approx(product(0, 4)).epsilon(1e-2));
}

TEST_CASE("the schedule with a linear cool-down") {
    CHECK(linear_schedule(4, 100, 10, 0.4, 1.0f, 0.1f) == doctest::Approx(0.5));
    CHECK(linear_schedule(10, 100, 10, 0.4, 1.0f, 0.1f) == 1.0f);
    CHECK(linear_schedule(60, 100, 10, 0.4, 1.0f, 0.1f) == 1.0f);
    CHECK(linear_schedule(80, 100, 10, 0.4, 1.0f, 0.1f) == doctest::Approx(0.55));
    CHECK(linear_schedule(100, 100, 10, 0.4, 1.0f, 0.1f) == doctest::Approx(0.1));
}

TEST_CASE("the cosine schedule") {
    CHECK(cosine_schedule(0, 100, 10, 1.0f, 0.1f) == doctest::Approx(0.1));
    CHECK(cosine_schedule(9, 100, 10, 1.0f, 0.1f) == doctest::Approx(1.0));
    CHECK(cosine_schedule(55, 100, 10, 1.0f, 0.1f) == doctest::Approx(0.55));
    CHECK(cosine_schedule(100, 100, 10, 1.0f, 0.1f) == doctest::Approx(0.1));
}
