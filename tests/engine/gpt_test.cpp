#include "engine/checkpoint/checkpoint.h"
#include "engine/error.h"
#include "engine/gpt/decoder.h"
#include "engine/io/files.h"
#include "engine/optim/adamw.h"
#include "engine/parallel.h"

#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>

using namespace qstar;
using namespace qstar::engine;

namespace {

Gpt small_model(bool scalar_head = false) {
    Gpt model({2, 2, 16, 40, 23, scalar_head}, Random(3, "init"));
    // Larger than GPT-2's initialisation, so that the logits are far from equal.
    for (Parameter& p : model.parameters) {
        if (p.value.shape().rank == 2) {
            for (float& x : p.value.values()) x *= 2;
        }
    }
    return model;
}

std::vector<int> random_tokens(int64_t n, uint64_t seed) {
    Random random(seed, "tokens");
    std::vector<int> tokens;
    for (int64_t i = 0; i < n; ++i) tokens.push_back(static_cast<int>(random.below(23)));
    return tokens;
}

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

TEST_CASE("the decoder gives the logits of the whole forward pass") {
    Gpt model = small_model();
    const auto tokens = random_tokens(30, 1);
    Tape tape(false);
    const Tensor all = tape.value(logits(tape, model, hidden(tape, model, tokens, 1, 30)));

    Decoder decoder(model, 3);
    // A prompt of 11 in one go, the rest token by token, in slot 1.
    for (size_t t = 11; t <= 30; ++t) {
        const std::vector<int> part(tokens.begin() + (t == 11 ? 0 : static_cast<long>(t) - 1),
                                    tokens.begin() + static_cast<long>(t));
        const Decoder::Feed feed{1, part};
        const Tensor last = decoder.feed({&feed, 1});
        for (int64_t v = 0; v < 23; ++v) {
            CHECK(last[v] ==
                  doctest::Approx(all[(static_cast<int64_t>(t) - 1) * 23 + v]).epsilon(1e-4));
        }
    }
    CHECK(decoder.length(1) == 30);
    CHECK(decoder.tokens_evaluated() == 30);
}

TEST_CASE("a sequence's logits do not depend on the batch, bit for bit") {
    Gpt model = small_model();
    const auto a = random_tokens(9, 1), b = random_tokens(14, 2), c = random_tokens(5, 3);
    Decoder alone(model, 1), together(model, 40);
    const Decoder::Feed one{0, a};
    std::vector<Decoder::Feed> many{{7, b}, {3, a}, {0, c}};
    for (int s = 8; s < 40; ++s) many.push_back({s, s % 2 ? b : c});
    for (int round = 0; round < 2; ++round) {
        const Tensor x = alone.feed({&one, 1});
        const Tensor y = together.feed(many);
        CHECK(std::memcmp(x.data(), y.data() + 23, 23 * sizeof(float)) == 0);
    }
}

TEST_CASE("a copied slot goes on as its origin") {
    Gpt model = small_model();
    const auto prompt = random_tokens(8, 4), next = random_tokens(3, 5);
    Decoder decoder(model, 3);
    const Decoder::Feed first{0, prompt};
    decoder.feed({&first, 1});
    decoder.copy(0, 2);
    CHECK(decoder.length(2) == 8);
    const std::vector<Decoder::Feed> both{{0, next}, {2, next}};
    const Tensor y = decoder.feed(both);
    CHECK(std::memcmp(y.data(), y.data() + 23, 23 * sizeof(float)) == 0);
    decoder.clear(0);
    CHECK(decoder.length(0) == 0);
}

TEST_CASE("a sequence longer than the context is refused") {
    Gpt model = small_model();
    const auto tokens = random_tokens(41, 1);
    Decoder decoder(model, 1);
    const Decoder::Feed feed{0, tokens};
    CHECK_THROWS_WITH_AS(decoder.feed({&feed, 1}),
                         "a sequence of 41 tokens is longer than the model's context of 40", Error);
    Tape tape(false);
    CHECK_THROWS_AS(hidden(tape, model, tokens, 1, 41), Error);
}

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

TEST_CASE("sampling follows the probabilities; temperature 0 takes the largest") {
    const std::vector<float> logits{0.0f, std::log(3.0f), -100.0f};
    Random random(1, "sample");
    int count[3] = {0, 0, 0};
    float log_prob = 0;
    for (int i = 0; i < 4000; ++i) ++count[sample(logits, 1.0f, random, &log_prob)];
    CHECK(count[2] == 0);
    CHECK(count[1] == doctest::Approx(3000).epsilon(0.05));
    CHECK(sample(logits, 0.0f, random, &log_prob) == 1);
    CHECK(log_prob == doctest::Approx(std::log(0.75)));
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
