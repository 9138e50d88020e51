// A small GPT on a device and on the processor: the same training, within rounding.

#include "engine/base/error.h"
#include "engine/decode/decoder.h"
#include "engine/nn/next_token.h"
#include "engine/optim/optimiser.h"
#include "engine/run/use_device.h"
#include "engine/vulkan/vulkan.h"
#include "tests/engine/vulkan/on_vulkan.h"

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::engine;

namespace {

constexpr GptConfig kConfig{.layers = 2, .heads = 2, .width = 16, .context = 12, .vocab = 12};
constexpr GptConfig kGrouped{.layers = 2,
                             .heads = 6,
                             .width = 16,
                             .context = 12,
                             .vocab = 12,
                             .family = Family::qwen2,
                             .kv_heads = 2,
                             .head_size = 6,
                             .norm_epsilon = 1e-3,
                             .rope_base = 500,
                             .tied = false};
constexpr int64_t kSequences = 3;
constexpr int kSteps = 6;

struct Curve {
    std::vector<double> losses;
    std::vector<float> norms;
    std::vector<float> logits; // of a decoder with the trained weights
};

// Made from nothing on the device in use.
Curve train_steps(const GptConfig& config = kConfig, const OptimiserConfig& by = {}) {
    Gpt model(config, Random(1, "vulkan/model"));
    Optimiser optimiser(model.parameters, by);
    Tape tape;
    Random random(2, "vulkan/tokens");
    std::vector<int> inputs, targets;
    for (int64_t i = 0; i < kSequences * kConfig.context; ++i) {
        inputs.push_back(static_cast<int>(random.below(12)));
        targets.push_back((inputs.back() + 1) % 12);
    }
    const std::vector<float> weights(targets.size(), 1.0f);
    Curve curve;
    for (int step = 0; step < kSteps; ++step) {
        model.zero_grad();
        curve.losses.push_back(next_token_gradient(tape, model, inputs, targets, weights,
                                                   kSequences, kConfig.context));
        curve.norms.push_back(optimiser.update(model.parameters, 1e-2f, 2e-2f));
    }
    Decoder decoder(model, 1, 4);
    const std::vector<int> text(inputs.begin(), inputs.begin() + 5);
    const std::vector<Decoder::Feed> feeds = {{.slot = 0, .tokens = text}};
    for (const float logit : decoder.feed(feeds).values()) curve.logits.push_back(logit);
    return curve;
}

} // namespace

TEST_CASE("a small GPT learns on a device as on the processor") {
    GptConfig config = kConfig;
    OptimiserConfig by;
    SUBCASE("gpt2") {}
    SUBCASE("gpt2 by Muon") { by.muon = MuonConfig{}; }
    SUBCASE("llama") { config.family = Family::llama; }
    SUBCASE("qwen3") { config.family = Family::qwen3; }
    SUBCASE("qwen2, grouped") { config = kGrouped; }
    SUBCASE("qwen2, grouped, by Muon") {
        config = kGrouped;
        by.muon = MuonConfig{};
    }
    const Curve ours = train_steps(config, by);
    const tests::OnVulkan here;
    if (!here) return;
    const Curve theirs = train_steps(config, by);
    REQUIRE(theirs.losses.size() == ours.losses.size());
    for (size_t i = 0; i < ours.losses.size(); ++i) {
        CHECK(theirs.losses[i] == doctest::Approx(ours.losses[i]).epsilon(1e-4));
        CHECK(theirs.norms[i] == doctest::Approx(ours.norms[i]).epsilon(1e-3));
    }
    CHECK(ours.losses.back() < 0.9 * ours.losses.front());
    REQUIRE(theirs.logits.size() == ours.logits.size());
    for (size_t i = 0; i < ours.logits.size(); ++i) {
        CHECK(std::abs(theirs.logits[i] - ours.logits[i]) < 1e-2); // AdamW magnifies rounding
    }
}

TEST_CASE("the same training on a device has the same bytes") {
    const tests::OnVulkan here;
    if (!here) return;
    const Curve once = train_steps(), again = train_steps();
    CHECK(once.losses == again.losses);
    CHECK(once.norms == again.norms);
    CHECK(once.logits == again.logits);
}

TEST_CASE("tensors come and go while the device is at work") {
    const tests::OnVulkan here;
    if (!here) return;
    Tensor total = Tensor::zeros({1000});
    for (int i = 0; i < 100; ++i) {
        // Gone before the device has read it; and from the processor's memory.
        const Tensor one = Tensor::full({1000}, 1.0f);
        device().add_scaled(1000, 1, one.data(), {total.data(), false});
        const std::vector<float> two(1000, 2.0f);
        device().add_scaled(1000, 1, two.data(), {total.data(), false});
    }
    const Tensor copy = total.clone(); // waits
    for (const float x : copy.values()) CHECK(x == 300.0f);
    total.fill(4);
    CHECK(total[999] == 4.0f);

    std::vector<float> elsewhere(10);
    CHECK_THROWS_AS(device().fill(10, 1, elsewhere.data()), Error);
    const Tensor ordinary = Tensor::zeros({10}, cpu_device());
    CHECK_THROWS_AS(device().fill(10, 1, ordinary.data()), Error);
}

TEST_CASE("what is fetched from a device has its bits, whatever they mean") {
    const tests::OnVulkan here;
    if (!here) return;
    // Small integers (denormals as floats), and a NaN that carries something.
    const std::vector<uint32_t> bits{0, 1, 259, 0x80000000u, 0x7fc12345u, 0x3f800000u, 0x007fffffu};
    std::vector<float> numbers(bits.size()), found(bits.size());
    std::memcpy(numbers.data(), bits.data(), bits.size() * sizeof(float));
    const auto n = static_cast<int64_t>(bits.size());
    const Tensor there = Tensor::zeros({n});
    std::memcpy(there.data(), bits.data(), bits.size() * sizeof(float));
    vulkan_fetch(device(), n, there.data(), found.data());
    CHECK(std::memcmp(found.data(), bits.data(), bits.size() * sizeof(float)) == 0);
    vulkan_fetch(device(), n, numbers.data(), found.data()); // of the host's memory
    CHECK(std::memcmp(found.data(), bits.data(), bits.size() * sizeof(float)) == 0);
    vulkan_fetch(device(), 0, nullptr, nullptr);
}

TEST_CASE("a device that is not there is refused in one sentence") {
    for (const char* name : {"gpu", "vulkan:", "vulkan:x", "vulkan:-1", "vulkan:1x", "", "cpu:0"}) {
        CAPTURE(name);
        CHECK_THROWS_AS(use_device(name), Error);
    }
    CHECK_THROWS_AS(use_device("vulkan:99"), Error);
    CHECK(&device() == &cpu_device());
}

TEST_CASE("more memory than a device has is an error") {
    const tests::OnVulkan here;
    if (!here) return;
    CHECK_THROWS_AS(device().allocate(int64_t{1} << 42), Error);
    const Tensor small = Tensor::full({3}, 1.0f); // life goes on
    device().add_scaled(3, 2, small.data(), {small.data(), false});
    CHECK(small.clone()[2] == 3.0f);
}
