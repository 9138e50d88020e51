// Two GPUs in one process, each an object of its own; where the loader offers one only, it is
// opened twice.

#include "engine/base/error.h"
#include "engine/decode/decoder.h"
#include "engine/nn/mlp.h"
#include "engine/nn/next_token.h"
#include "engine/optim/optimiser.h"
#include "engine/run/use_device.h"
#include "engine/vulkan/vulkan.h"
#include "tests/engine/small_model.h"
#include "tests/engine/small_network.h"
#include "tests/engine/vulkan/on_vulkan.h"
#include "tests/sanitized.h"

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::engine;

namespace {

// The one that the other tests use, whose shaders are compiled already, and one more. Both stay
// open until the program ends.
const Device& first_gpu() {
    static const Device& gpu = []() -> const Device& {
        use_device("vulkan");
        return device();
    }();
    return gpu;
}

const Device& second_gpu() {
    static const Device& gpu = []() -> const Device& {
        std::string why;
        const std::vector<VulkanDeviceInfo> list = vulkan_devices(why);
        int last = static_cast<int>(list.size()) - 1;
        while (!list[static_cast<size_t>(last)].missing.empty()) --last;
        return open_vulkan_device(last);
    }();
    return gpu;
}

// y = sum_i (2 x_i + 1) x_i for x = from, from + 1, ...: the value and the slope.
struct Slope {
    float value;
    std::vector<float> gradient;
};

Slope slope_on(Tape& tape, float from) {
    Tensor x = Tensor::zeros({5}, tape.device());
    for (int64_t i = 0; i < 5; ++i) x[i] = from + static_cast<float>(i);
    tape.reset();
    const Var v = tape.variable(x);
    const Var y = sum(tape, mul(tape, shift(tape, scale(tape, v, 2), 1), v));
    tape.backward(y);
    const Tensor& gradient = tape.grad(v); // waits, as value() does
    return {tape.value(y)[0], {gradient.values().begin(), gradient.values().end()}};
}

bool right(const Slope& found, float from) {
    float value = 0;
    for (size_t i = 0; i < 5; ++i) {
        const float x = from + static_cast<float>(i);
        value += (2 * x + 1) * x;
        if (std::abs(found.gradient[i] - (4 * x + 1)) > 1e-4f * (1 + std::abs(4 * x + 1)))
            return false;
    }
    return std::abs(found.value - value) < 1e-4f * (1 + std::abs(value));
}

std::vector<double> losses_on(const Device& where, int steps) {
    use_device(where);
    Gpt model = small_model();
    Optimiser optimiser(model.parameters, {});
    Tape tape;
    use_device("cpu"); // what was made stays where it is
    const std::vector<int> inputs = random_tokens(24, 3), targets = random_tokens(24, 4);
    const std::vector<float> weights(24, 1.0f);
    std::vector<double> losses;
    for (int step = 0; step < steps; ++step) {
        model.zero_grad();
        losses.push_back(next_token_gradient(tape, model, inputs, targets, weights, 2, 12));
        optimiser.update(model.parameters, 1e-2f);
        CHECK(&model.parameters[0].grad.device() == &where);
    }
    return losses;
}

} // namespace

TEST_CASE("two devices of one process compute in turn, each in memory of its own") {
    const tests::OnVulkan here;
    if (!here) return;
    const Device &one = first_gpu(), &two = second_gpu();
    REQUIRE(&one != &two);
    CHECK(one.name().ends_with(" by Vulkan"));
    CHECK_FALSE(two.is_host());

    const Tensor a = Tensor::full({300}, 1, one), b = Tensor::full({300}, 10, two);
    for (int i = 0; i < 20; ++i) { // neither waits for the other
        one.add_scaled(300, 1, a.data(), {a.data(), false});
        two.add_scaled(300, -0.5f, b.data(), {b.data(), false});
    }
    const Tensor from_one = a.clone(cpu_device()), from_two = b.clone(one);
    CHECK(from_one[299] == std::ldexp(1.0f, 20));
    CHECK(from_two[299] == std::ldexp(10.0f, -20));
    CHECK(&from_two.device() == &one);
    CHECK_THROWS_AS(one.fill(300, 1, b.data()), Error); // the other's memory
}

TEST_CASE("a device that is used after another was is still itself") {
    const tests::OnVulkan here;
    if (!here) return;
    const Device &one = first_gpu(), &two = second_gpu();
    for (const Device* in_use : {&one, &two, &one, &cpu_device(), &two}) {
        use_device(*in_use);
        CHECK(&device() == in_use);
        const Tensor x = Tensor::full({7}, 3);
        CHECK(&x.device() == in_use);
        device().map(Map::scale, 7, x.data(), 2, 0, x.data());
        CHECK(x.clone(cpu_device())[6] == 6.0f);
    }
    use_device("vulkan");
    const Device& by_name = device();
    use_device("cpu");
    use_device("vulkan");
    CHECK(&device() == &by_name);
}

TEST_CASE("a tape computes on its own device while another is in use") {
    const tests::OnVulkan here;
    if (!here) return;
    Tape on_one(true, first_gpu()), on_two(true, second_gpu()), on_cpu(true, cpu_device());
    for (const Device* in_use : {&cpu_device(), &first_gpu(), &second_gpu()}) {
        use_device(*in_use);
        float from = -2;
        for (Tape* tape : {&on_one, &on_two, &on_cpu, &on_two}) {
            from += 1;
            CHECK(right(slope_on(*tape, from), from));
        }
    }
    // A tensor of one device is nothing for the tape of another; the processor's is read by all.
    CHECK_THROWS_AS(on_two.constant(Tensor::zeros({3}, first_gpu())), Error);
    CHECK_THROWS_AS(on_cpu.variable(Tensor::zeros({3}, first_gpu())), Error);
    const Var read = on_one.constant(Tensor::full({3}, 4, cpu_device()));
    CHECK(on_one.value(sum(on_one, read))[0] == 12.0f);
}

TEST_CASE("a training stays on the device that it began on") {
    const tests::OnVulkan here;
    if (!here || tests::kSanitized) return; // its shaders are compiled for twenty seconds
    // The first one's training is that of training_test.cpp; compiling shaders takes long.
    const std::vector<double> ours = losses_on(cpu_device(), 3);
    const std::vector<double> theirs = losses_on(second_gpu(), 3);
    for (size_t i = 0; i < ours.size(); ++i) {
        CHECK(theirs[i] == doctest::Approx(ours[i]).epsilon(1e-4));
    }
}

TEST_CASE("decoders and networks of two devices speak in turn") {
    const tests::OnVulkan here;
    if (!here) return;
    use_device("cpu");
    const Gpt model = small_model();
    Decoder ours(model, 1), one(model, 1, 0, first_gpu()), two(model, 1, 0, second_gpu());
    for (int round = 0; round < 3; ++round) {
        const std::vector<int> tokens = random_tokens(5 + round, static_cast<uint64_t>(round));
        const std::vector<Decoder::Feed> feeds = {{.slot = 0, .tokens = tokens}};
        const Tensor expected = ours.feed(feeds);
        for (Decoder* decoder : {&one, &two}) {
            use_device(decoder == &one ? second_gpu() : first_gpu()); // the other one
            const Tensor found = decoder->feed(feeds);
            for (int64_t i = 0; i < expected.size(); ++i) {
                CHECK(std::abs(found[i] - expected[i]) < 1e-4f * (1 + std::abs(expected[i])));
            }
        }
    }

    const Bags x = small_network::features();
    use_device("cpu");
    const Mlp network = small_network::network();
    const std::vector<float> expected = small_network::evaluated(network, x);
    for (const Device* gpu : {&first_gpu(), &second_gpu(), &first_gpu()}) {
        use_device(*gpu);
        const Mlp there = network.clone();
        use_device("cpu");
        const std::vector<float> found = small_network::evaluated(there, x);
        for (size_t i = 0; i < expected.size(); ++i) {
            CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-4));
        }
    }
}
