#include "engine/nn/lora.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/decode/decoder.h"
#include "engine/io/files.h"
#include "engine/nn/batch_cut.h"
#include "engine/nn/checkpoint.h"
#include "engine/nn/gpt_memory.h"
#include "engine/nn/next_token.h"
#include "engine/nn/safetensors.h"
#include "engine/optim/optimiser.h"
#include "engine/text/jsonl.h"
#include "tests/engine/small_model.h"
#include "tests/sanitized.h"
#include "tests/temporary.h"

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::engine;

namespace {

constexpr int64_t kAdapted = 3; // rank
constexpr int64_t kRows = 5, kLength = 7;

// Adapters that have learned something already.
Gpt adapted_model(Family family, bool scalar_head = false, int64_t base_layers = 2) {
    Gpt model = small_model(scalar_head, family);
    train_only(model, {Trains::lora, kAdapted}, Random(6, "lora"), base_layers);
    Random random(7, "learned");
    for (Parameter& p : model.parameters)
        if (p.name.ends_with("lora_B.weight"))
            for (float& x : p.value.values()) x = 0.2f * static_cast<float>(random.normal());
    return model;
}

double loss_of(Gpt& model, bool gradient) {
    Tape tape(gradient);
    const auto inputs = random_tokens(kRows * kLength, 1), targets = random_tokens(35, 2);
    const std::vector<float> ones(35, 1.0f);
    model.zero_grad();
    return gradient ? next_token_gradient(tape, model, inputs, targets, ones, kRows, kLength)
                    : next_token_loss(tape, model, inputs, targets, ones, kRows, kLength);
}

// |a - factor B C| / |a| with B (m, k), C (k, n), each perhaps stored as its transpose.
double off_by(const Tensor& a, const Tensor& b, bool b_across, const Tensor& c, bool c_across) {
    const int64_t m = a.shape()[0], n = a.shape()[1], k = b.shape()[b_across ? 0 : 1];
    double error = 0, norm = 0;
    for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j) {
            double sum = 0;
            for (int64_t l = 0; l < k; ++l)
                sum += double{b_across ? b[l * m + i] : b[i * k + l]} *
                       (c_across ? c[j * k + l] : c[l * n + j]);
            const double found = a[i * n + j];
            error += (found - kLoraFactor * sum) * (found - kLoraFactor * sum);
            norm += found * found;
        }
    return std::sqrt(error / norm);
}

std::string bytes_of(const Tensor& t) {
    return {reinterpret_cast<const char*>(t.data()), static_cast<size_t>(t.size()) * 4};
}

} // namespace

TEST_CASE("the gradients of A and B are those of the merged model's weights, by the chain rule") {
    for (const Family family : kFamilies) {
        CAPTURE(family_name(family));
        Gpt model = adapted_model(family), whole = merged(model);
        const double loss = loss_of(model, true);
        CHECK(loss == doctest::Approx(loss_of(whole, true)).epsilon(1e-5));
        int seen = 0;
        for (const Parameter& p : model.parameters) {
            if (p.adapter == 0) continue;
            CAPTURE(p.name);
            const Parameter& a = model.parameters[static_cast<size_t>(p.adapter)];
            const Parameter& b = model.parameters[static_cast<size_t>(p.adapter) + 1];
            const Tensor& dw = whole.parameter(p.name).grad;
            // W + 2 B A, or its transpose: dA = 2 B^T dW, dB = 2 dW A^T.
            CHECK(off_by(a.grad, b.value, true, dw, !p.out_in) < 1e-4);
            CHECK(off_by(b.grad, dw, !p.out_in, a.value, true) < 1e-4);
            ++seen;
        }
        CHECK(seen == 2 * (family == Family::gpt2 ? 4 : 7));
    }
}

TEST_CASE("the gradients of A and B against differences of the loss") {
    for (const Family family : {Family::gpt2, Family::llama}) {
        Gpt model = adapted_model(family);
        loss_of(model, true);
        for (const bool of_b : {false, true}) {
            // Along the gradient of all As, or of all Bs, where the slope is its norm.
            double norm = 0;
            std::vector<Parameter*> moved;
            for (Parameter& p : model.parameters) {
                if (!p.name.ends_with(of_b ? "lora_B.weight" : "lora_A.weight")) continue;
                moved.push_back(&p);
                for (const float x : p.grad.values()) norm += double{x} * x;
            }
            norm = std::sqrt(norm);
            const double h = 2e-2;
            std::vector<Tensor> before, slope;
            for (Parameter* p : moved) {
                before.push_back(p->value.clone());
                slope.push_back(p->grad.clone());
            }
            const auto loss_at = [&](double step) {
                for (size_t m = 0; m < moved.size(); ++m)
                    for (int64_t i = 0; i < before[m].size(); ++i)
                        moved[m]->value[i] =
                            before[m][i] + static_cast<float>(step / norm * slope[m][i]);
                return loss_of(model, false);
            };
            const double difference = (loss_at(h) - loss_at(-h)) / (2 * h);
            loss_at(0);
            CHECK(difference == doctest::Approx(norm).epsilon(0.01));
            loss_of(model, true);
        }
    }
}

TEST_CASE("merged, the model says the same: on the tape within 1e-5, and in the decoder") {
    for (const Family family : kFamilies) {
        CAPTURE(family_name(family));
        Gpt model = adapted_model(family), whole = merged(model);
        CHECK(whole.parameters.size() == small_model(false, family).parameters.size());
        const auto tokens = random_tokens(12, 3);
        Tape tape(false);
        const Tensor a =
            tape.value(logits(tape, model, hidden(tape, model, tokens, 1, 12))).clone();
        const Tensor b = tape.value(logits(tape, whole, hidden(tape, whole, tokens, 1, 12)));
        Gpt base = small_model(false, family);
        const Tensor c = tape.value(logits(tape, base, hidden(tape, base, tokens, 1, 12)));
        double error = 0, change = 0;
        for (int64_t i = 0; i < a.size(); ++i) {
            error = std::max(error, std::abs(double{a[i]} - b[i]));
            change = std::max(change, std::abs(double{a[i]} - c[i]));
        }
        CHECK(error < 1e-5);
        CHECK(change > 0.1);
        Decoder one(model, 1), other(whole, 1);
        const Decoder::Feed feed{0, tokens};
        CHECK(bytes_of(one.feed({&feed, 1})) == bytes_of(other.feed({&feed, 1})));
    }
}

TEST_CASE("adapters begin as no change, and what is frozen stays to the bit") {
    for (const bool by_muon : {false, true}) {
        for (const Family family : kFamilies) {
            CAPTURE(family_name(family));
            CAPTURE(by_muon);
            Gpt model = small_model(true, family);
            const double untouched = loss_of(model, false);
            // The second block counts as new.
            train_only(model, {Trains::lora, kAdapted}, Random(6, "lora"), 1);
            CHECK(loss_of(model, false) == doctest::Approx(untouched).epsilon(1e-6));
            std::vector<std::string> before;
            for (const Parameter& p : model.parameters) before.push_back(bytes_of(p.value));
            Optimiser optimiser(model.parameters, by_muon ? OptimiserConfig{.muon = MuonConfig{}}
                                                          : OptimiserConfig{});
            double loss = 0;
            for (int step = 0; step < 8; ++step) {
                loss = loss_of(model, true);
                optimiser.update(model.parameters, 2e-2f, 1e-2f);
            }
            CHECK(loss < untouched - 0.3);
            for (size_t i = 0; i < before.size(); ++i) {
                const Parameter& p = model.parameters[i];
                CAPTURE(p.name);
                const bool is_new = p.name.find(".1.") != std::string::npos;
                const bool is_trained = is_new || p.name.find("lora_") != std::string::npos;
                CHECK(p.frozen == !(is_trained || p.name.starts_with("score")));
                if (p.frozen) CHECK(p.grad.empty());
                if (p.frozen || is_trained) CHECK((bytes_of(p.value) == before[i]) == p.frozen);
            }
            for (const auto& [name, tensor] : optimiser.state(model.parameters)) {
                CAPTURE(name);
                const bool adapter = name.find(".lora_") != std::string::npos;
                const bool is_new = name.find(".1.") != std::string::npos;
                CHECK((adapter || is_new || name.ends_with(".score.weight") ||
                       name.ends_with(".score.bias")));
                CHECK((!adapter || name.starts_with("adamw.")));
                CHECK(tensor.size() > 0);
            }
        }
    }
}

TEST_CASE("with adapters, too, one thread and two give the same bytes, in one leaf or in many") {
    for (const int64_t rows : {6, 200}) {
        if (tests::kSanitized && rows == 200) continue;
        const auto train = [&](int threads) {
            set_threads(threads);
            Gpt model({2, 2, 64, 128, kSmallVocab, false, Family::llama}, Random(3, "init"));
            train_only(model, {Trains::lora, 2}, Random(6, "lora"), 2);
            Optimiser optimiser(model.parameters, {});
            const auto tokens = random_tokens(rows * 128, 10),
                       targets = random_tokens(rows * 128, 11);
            const std::vector<float> ones(tokens.size(), 1.0f);
            Tape tape;
            std::string bytes;
            for (int step = 0; step < 2; ++step) {
                model.zero_grad();
                next_token_gradient(tape, model, tokens, targets, ones, rows, 128);
                optimiser.update(model.parameters, 1e-2f);
            }
            for (const Parameter& p : model.parameters) bytes += bytes_of(p.value);
            const int64_t leaves =
                cut_batch(model.config, rows, 128, device(), trained_count(model)).leaves;
            CHECK((leaves > 1) == (rows == 200));
            set_threads(0);
            return bytes;
        };
        CHECK(train(1) == train(2));
    }
}

TEST_CASE("the head alone: its gradient as in the whole model, and the trunk takes no memory") {
    for (const Family family : kFamilies) {
        CAPTURE(family_name(family));
        const GptConfig config{6, 2, 16, 40, kSmallVocab, true, family};
        Gpt whole(config, Random(3, "init")), head(config, Random(3, "init"));
        train_only(head, {Trains::head, 0}, Random{}, 6);
        const auto tokens = random_tokens(160, 1);
        std::vector<float> labels(160, 0.0f);
        const std::vector<float> ones(160, 1.0f);
        for (size_t i = 0; i < 160; i += 3) labels[i] = 1;
        const auto gradient = [&](Gpt& model) {
            Tape tape;
            const Var score = scores(tape, model, hidden(tape, model, tokens, 4, 40));
            tape.backward(binary_cross_entropy(tape, score, labels, ones));
            return tape.peak_bytes();
        };
        const size_t all = gradient(whole), little = gradient(head);
        CHECK(little < all / 4);
        for (const Parameter& p : head.parameters) {
            CAPTURE(p.name);
            CHECK(p.frozen == !p.name.starts_with("score."));
            if (p.frozen)
                CHECK(p.grad.empty());
            else
                CHECK(bytes_of(p.grad) == bytes_of(whole.parameter(p.name).grad));
        }
        const MemoryPlan plan = training_memory(config, 4, 40, false, {Trains::head, 0});
        CHECK(static_cast<double>(little) ==
              doctest::Approx(static_cast<double>(plan.activations)).epsilon(0.15));
    }
}

TEST_CASE("the plan of a LoRA training: numbers that are trained, and the tape's peak") {
    for (const char* text : {"L3 D32 H1 T64 V300", "L2 D96 T100 V70", "llama L3 D96 H3 T100 V70",
                             "qwen3 L3 D64 T64 V300"}) {
        CAPTURE(text);
        const GptConfig config = parse_config(text);
        const Trains trains{Trains::lora, 4};
        Gpt model(config, Random(1, "init"));
        train_only(model, trains, Random(6, "lora"), config.layers);
        CHECK(trained_count(model) == trained_count(config, trains));
        const std::vector<int> tokens(static_cast<size_t>(4 * config.context), 3);
        const std::vector<float> ones(tokens.size(), 1.0f);
        Tape tape;
        next_token_gradient(tape, model, tokens, tokens, ones, 4, config.context);
        const MemoryPlan plan = training_memory(config, 4, config.context, false, trains);
        CHECK(plan.weights == model.parameter_count() * 4);
        CHECK(plan.moments == 8 * trained_count(model));
        CHECK(static_cast<double>(tape.peak_bytes()) ==
              doctest::Approx(static_cast<double>(plan.activations)).epsilon(0.1));
    }
    for (const Family family : kFamilies) {
        Gpt model = adapted_model(family, true);
        CHECK(trained_count(model) == trained_count(model.config, {Trains::lora, kAdapted}));
        if (family == Family::gpt2) continue;
        Gpt grouped = small_model(grouped_config(family)); // heads that share keys
        train_only(grouped, {Trains::lora, 2}, Random(6, "lora"), 2);
        CHECK(trained_count(grouped) == trained_count(grouped.config, {Trains::lora, 2}));
    }
}

TEST_CASE("a training state has what is trained alone, and comes back to the bit") {
    const Temporary folder;
    const std::string path = folder / "state.safetensors";
    Gpt model = adapted_model(Family::llama, true);
    Optimiser optimiser(model.parameters, {});
    loss_of(model, true);
    optimiser.update(model.parameters, 1e-2f);
    save_training(path, model, optimiser, {});
    const SafeTensorsReader file(path);
    CHECK(file.tensors().size() == 3 * (2 * 14 + 2)); // with the moments
    Gpt other = small_model(true, Family::llama);
    train_only(other, {Trains::lora, kAdapted}, Random(8, "other"), 2);
    Optimiser its(other.parameters, {});
    TrainingState state;
    REQUIRE(load_training(path, other, its, state));
    for (size_t i = 0; i < model.parameters.size(); ++i)
        CHECK(bytes_of(other.parameters[i].value) == bytes_of(model.parameters[i].value));
    CHECK(its.step == 1);
}

TEST_CASE("the adapter's own files: PEFT's names and shapes, and the merged model from them") {
    for (const Family family : {Family::gpt2, Family::llama}) {
        const Temporary folder;
        const bool gpt2 = family == Family::gpt2;
        const Gpt model = adapted_model(family, true);
        save_adapter(folder.path, model, "../sft");
        save_gpt(folder / "model.safetensors", model);
        const SafeTensors file = read_safetensors(folder / "adapter_model.safetensors");
        CHECK(file.tensors.size() == 2 * 2 * (gpt2 ? 4 : 7) + 2);
        const std::string name = gpt2 ? "base_model.model.transformer.h.1.attn.c_attn."
                                      : "base_model.model.model.layers.1.self_attn.q_proj.";
        const Tensor& a = file.tensor(name + "lora_A.weight", "adapter");
        const Tensor& b = file.tensor(name + "lora_B.weight", "adapter");
        CHECK(a.shape() == Shape{kAdapted, 16});
        CHECK(b.shape() == Shape{gpt2 ? 48 : 16, kAdapted});
        CHECK(file.tensor("base_model.model.score.weight", "adapter").shape() == Shape{1, 16});
        const Gpt saved = load_gpt(folder / "model.safetensors");
        const std::string weight =
            gpt2 ? "h.1.attn.c_attn.weight" : "model.layers.1.self_attn.q_proj.weight";
        const Tensor& merged_weight = saved.parameter(weight).value;
        const Tensor base = small_model(true, family).parameter(weight).value;
        const int64_t out = b.shape()[0];
        for (int64_t o = 0; o < out; ++o)
            for (int64_t i = 0; i < 16; ++i) {
                double change = 0;
                for (int64_t r = 0; r < kAdapted; ++r)
                    change += double{b[o * kAdapted + r]} * a[r * 16 + i];
                const int64_t at = gpt2 ? i * out + o : o * 16 + i;
                CHECK(merged_weight[at] == doctest::Approx(base[at] + 2 * change).epsilon(1e-4));
            }
        const JsonLine config = read_json(folder / "adapter_config.json");
        CHECK(string_field(config, "peft_type") == "LORA");
        CHECK(string_field(config, "task_type") == "SEQ_CLS");
        CHECK(string_field(config, "base_model_name_or_path") == "../sft");
        CHECK(int_field(config, "r") == kAdapted);
        CHECK(int_field(config, "lora_alpha") == 2 * kAdapted);
        CHECK(bool_field(config, "fan_in_fan_out") == gpt2);
        CHECK(strings_field(config, "target_modules") ==
              (gpt2 ? std::vector<std::string>{"c_attn", "c_fc", "c_proj"}
                    : std::vector<std::string>{"down_proj", "gate_proj", "k_proj", "o_proj",
                                               "q_proj", "up_proj", "v_proj"}));
        CHECK(strings_field(config, "modules_to_save") == std::vector<std::string>{"score"});
    }
}

TEST_CASE("what is trained is named, or refused in a sentence") {
    CHECK(trains_named("all").what == Trains::all);
    CHECK(trains_named("head").what == Trains::head);
    CHECK(trains_named("lora:16").rank == 16);
    for (const char* wrong : {"", "lora", "lora:", "lora:0", "lora:-1", "lora:5000", "lora:8x",
                              "lora: 8", "heads", "lora:99999999999999999999"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(trains_named(wrong), Error);
    }
    CHECK_THROWS_WITH_AS(trains_named("half"),
                         "--trains must be all, head or lora: and a rank of 1 to 4096, as in "
                         "lora:8, found \"half\"",
                         Error);
    Gpt model = small_model();
    CHECK_THROWS_WITH_AS(train_only(model, {Trains::head, 0}, Random{}, 2),
                         doctest::Contains("the model has no head of its own"), Error);
}
