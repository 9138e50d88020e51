#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/io/files.h"
#include "engine/nn/adamw.h"
#include "engine/nn/checkpoint.h"
#include "engine/nn/gpt.h"
#include "tests/engine/small_model.h"

#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>

using namespace qstar;
using namespace qstar::engine;

namespace {

// A few steps on random tokens; the bytes of all weights.
std::string train(Gpt model, int steps) {
    AdamW optimiser(model.parameters, {});
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
    set_threads(1);
    const std::string one = train(small_model(), 5);
    set_threads(2);
    const std::string two = train(small_model(), 5);
    set_threads(0);
    CHECK(one == two);
    CHECK(one != train(small_model(), 4));
}

TEST_CASE("a reward model starts undecided on its base's weights") {
    Gpt base = small_model();
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

TEST_CASE("a deeper model is the same function until it is trained") {
    Gpt base = small_model();
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
    AdamW optimiser(model.parameters, {});
    optimiser.first[3].fill(0.25f);
    optimiser.step = 7;
    TrainingState state;
    state.step = 7;
    state.random = Random(5, "batches");
    state.random.counter = 123;
    state.notes["best"] = "0.5";
    save_training(path, model, optimiser, state);

    Gpt other({2, 2, 16, 40, 23, true}, Random(99, "init"));
    AdamW other_optimiser(other.parameters, {});
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
    AdamW wider_optimiser(wider.parameters, {});
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

TEST_CASE("the cosine schedule") {
    CHECK(cosine_schedule(0, 100, 10, 1.0f, 0.1f) == doctest::Approx(0.1));
    CHECK(cosine_schedule(9, 100, 10, 1.0f, 0.1f) == doctest::Approx(1.0));
    CHECK(cosine_schedule(55, 100, 10, 1.0f, 0.1f) == doctest::Approx(0.55));
    CHECK(cosine_schedule(100, 100, 10, 1.0f, 0.1f) == doctest::Approx(0.1));
}
