#include "engine/nn/batch_cut.h"
#include "engine/nn/next_token.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/nn/gpt_memory.h"
#include "engine/optim/optimiser.h"
#include "tests/allocations.h"
#include "tests/sanitized.h"

#include <cmath>
#include <doctest/doctest.h>
#include <string>

using namespace qstar;
using namespace qstar::engine;

namespace {

// Sequences of 256 tokens in a model of width 64: 16 a micro-batch.
constexpr int64_t kTime = 256;
constexpr int64_t kBatch = 33;
constexpr int64_t kLarge = 49; // more than three micro-batches: two leaves

struct Work {
    Gpt model{{1, 2, 64, kTime, 40}, Random(5, "init")};
    std::vector<int> inputs, targets;
    std::vector<float> weights;
    int64_t batch;

    explicit Work(int64_t sequences = kBatch) : batch(sequences) {
        Random random(5, "tokens");
        for (int64_t i = 0; i < batch * kTime; ++i) {
            inputs.push_back(static_cast<int>(random.below(40)));
            targets.push_back(static_cast<int>(random.below(40)));
            weights.push_back(static_cast<float>(random.below(3)));
        }
    }
    double gradient(Tape& tape) {
        return next_token_gradient(tape, model, inputs, targets, weights, batch, kTime);
    }
    std::string gradient_bytes() const {
        std::string all;
        for (const Parameter& p : model.parameters)
            all.append(reinterpret_cast<const char*>(p.grad.data()),
                       static_cast<size_t>(p.grad.size()) * sizeof(float));
        return all;
    }
};

} // namespace

TEST_CASE("micro-batches and leaves add up to the batch") {
    for (const int64_t batch : {kBatch, kLarge}) {
        if (tests::kSanitized && batch == kBatch) continue;
        Work work(batch), whole(batch);
        REQUIRE(micro_batch(work.model.config, kTime) == 16);
        REQUIRE((cut_batch(work.model.config, batch, kTime).leaves > 1) == (batch == kLarge));
        Tape tape;
        const double loss = work.gradient(tape);

        Tape all;
        const Var state = hidden(all, whole.model, whole.inputs, batch, kTime);
        const Var mean =
            cross_entropy(all, logits(all, whole.model, state), whole.targets, whole.weights);
        CHECK(loss == doctest::Approx(all.value(mean)[0]).epsilon(1e-6));
        all.backward(mean);
        for (size_t i = 0; i < work.model.parameters.size(); ++i) {
            const Tensor a = work.model.parameters[i].grad, b = whole.model.parameters[i].grad;
            double difference = 0, norm = 0;
            for (int64_t k = 0; k < a.size(); ++k) {
                difference += (double{a[k]} - b[k]) * (double{a[k]} - b[k]);
                norm += double{b[k]} * b[k];
            }
            CAPTURE(work.model.parameters[i].name);
            // The keys' biases shift all scores of a row alike: their true gradient is 0.
            CHECK(std::sqrt(difference) <= 1e-5 * std::sqrt(norm) + 1e-7);
        }

        {
            const NoGrad look(tape); // in the training's own memory
            const size_t reserved = tape.arena_bytes();
            const double looked = next_token_loss(tape, work.model, work.inputs, work.targets,
                                                  work.weights, batch, kTime);
            CHECK(looked == doctest::Approx(loss).epsilon(1e-6));
            CHECK(tape.arena_bytes() == reserved);
        }
        CHECK(tape.recording());
        Tape silent(false);
        CHECK(next_token_loss(silent, work.model, work.inputs, work.targets, work.weights, batch,
                              kTime) == doctest::Approx(loss).epsilon(1e-6));
    }
}

TEST_CASE("a tree gives the same bytes at any number of threads, step after step") {
    std::vector<std::string> bytes;
    std::vector<double> losses;
    for (const int count : {1, 2, 3}) {
        if (tests::kSanitized && count == 1) continue;
        set_threads(count);
        Work work(kLarge);
        Tape tape;
        work.gradient(tape);
        work.model.zero_grad();
        losses.push_back(work.gradient(tape));
        bytes.push_back(work.gradient_bytes());
    }
    set_threads(0);
    for (size_t i = 1; i < bytes.size(); ++i) {
        CHECK(bytes[0] == bytes[i]);
        CHECK(losses[0] == losses[i]);
    }
}

TEST_CASE("a half may ask nothing") {
    for (const bool first : {false, true}) {
        Work work(kLarge);
        const int64_t half = 25 * kTime, all = kLarge * kTime;
        for (int64_t i = first ? 0 : half; i < (first ? half : all); ++i) {
            work.weights[static_cast<size_t>(i)] = 0;
            // Outside the vocabulary: an Error if it were looked at.
            work.inputs[static_cast<size_t>(i)] = 1000;
        }
        Tape tape;
        CHECK(std::isfinite(work.gradient(tape)));
        CHECK(work.gradient_bytes().size() ==
              static_cast<size_t>(work.model.parameter_count()) * sizeof(float));
    }
}

TEST_CASE("sequences that ask nothing are left out") {
    Work work;
    std::fill(work.weights.begin(), work.weights.begin() + 16 * kTime, 0.0f);
    // Tokens outside the vocabulary would be an Error if they were looked at.
    std::fill(work.inputs.begin(), work.inputs.begin() + 16 * kTime, 1000);
    Tape tape;
    CHECK(std::isfinite(work.gradient(tape)));
    std::fill(work.weights.begin(), work.weights.end(), 0.0f);
    CHECK_THROWS_AS(work.gradient(tape), Error);
}

TEST_CASE("a training step allocates nothing once the first is done") {
    if (tests::kSanitized) return; // nothing is counted there
    set_threads(1);                // the threads' own library keeps books of its own
    for (const auto& [batch, config] : {std::pair{kBatch, OptimiserConfig{}},
                                        {kLarge, OptimiserConfig{}},
                                        {kBatch, OptimiserConfig{.muon = MuonConfig{}}}}) {
        Work work(batch);
        Optimiser optimiser(work.model.parameters, config);
        Tape tape;
        const auto step = [&] {
            work.model.zero_grad();
            work.gradient(tape);
            optimiser.update(work.model.parameters, 1e-3f, 1e-3f);
        };
        step();
        step();
        const int64_t before = allocations();
        const size_t reserved = tape.arena_bytes();
        step();
        CHECK(allocations() == before);
        CHECK(tape.arena_bytes() == reserved);
    }
    set_threads(0);
}

TEST_CASE("the memory of a training step is as predicted") {
    for (const char* text :
         {"L1 D64 H2 T256 V40", "L3 D32 H1 T64 V300", "L2 D96 T100 V70", "llama L3 D96 H3 T100 V70",
          "qwen3 L3 D64 T64 V300", "qwen3 L1 D64 H2 T256 V40", "qwen2 L2 D96 H6 K2 T100 V70",
          "qwen3 L3 D96 H6 K1 T64 V100"}) {
        const GptConfig config = parse_config(text);
        Gpt model(config, Random(1, "init"));
        const int64_t batch = 4;
        const std::vector<int> tokens(static_cast<size_t>(batch * config.context), 3);
        const std::vector<float> ones(tokens.size(), 1.0f);
        Tape tape;
        next_token_gradient(tape, model, tokens, tokens, ones, batch, config.context);
        const MemoryPlan plan = training_memory(config, batch, config.context);
        CAPTURE(text);
        CHECK(plan.weights == model.parameter_count() * 4);
        CHECK(static_cast<double>(tape.peak_bytes()) ==
              doctest::Approx(static_cast<double>(plan.activations)).epsilon(0.05));
    }
}

TEST_CASE("a model's description is read in any order, or refused") {
    const GptConfig config = parse_config("V512 T128,D256L6");
    CHECK(config == GptConfig{6, 8, 256, 128, 512});
    CHECK(parse_config("D30").heads == 1);
    CHECK(parse_config("qwen3 D64").family == Family::qwen3);
    CHECK(parse_config("qwen2 D64 H4 K2").kv_heads == 2);
    for (const char* wrong : {"L", "L0", "Lx", "Q3", "D30 H7", "L4 128", "L-2", "qwen9 D64",
                              "D64 H4 K2", "llama D64 H4 K3"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(parse_config(wrong), Error);
    }
}
