// A network of the puzzles on a device: evaluated as on the processor, by one thread and by
// several.

#include "engine/mlp/mlp.h"
#include "tests/engine/vulkan/on_vulkan.h"

#include <cmath>
#include <doctest/doctest.h>
#include <thread>

using namespace qstar;
using namespace qstar::engine;

namespace {

constexpr MlpConfig kNetwork{.inputs = 7, .width = 12, .blocks = 1, .outputs = 3};
constexpr int64_t kRows = 9;

// A network whose weights are all drawn, so that none of its layers is silent.
Mlp network() {
    Mlp model(kNetwork, Random(4, "vulkan/mlp"));
    Random random(5, "vulkan/mlp");
    for (Parameter& p : model.parameters) {
        for (float& x : p.value.values()) x = static_cast<float>(random.normal());
    }
    return model;
}

std::vector<float> features() {
    std::vector<float> numbers;
    for (int i = 0; i < kRows * kNetwork.inputs; ++i) {
        numbers.push_back(static_cast<float>(i % 5) - 2);
    }
    return numbers;
}

std::vector<float> evaluated(const Mlp& model, const std::vector<float>& x) {
    const auto rows = static_cast<int64_t>(x.size()) / kNetwork.inputs;
    std::vector<float> out(static_cast<size_t>(rows * kNetwork.outputs));
    evaluate(model, x.data(), rows, out.data());
    return out;
}

} // namespace

TEST_CASE("an MLP is evaluated on a device as on the processor") {
    const std::vector<float> x = features(), ours = evaluated(network(), x);
    const tests::OnVulkan here;
    if (!here) return;
    const Mlp model = network();
    const std::vector<float> theirs = evaluated(model, x);
    for (size_t i = 0; i < ours.size(); ++i) {
        CHECK(theirs[i] == doctest::Approx(ours[i]).epsilon(1e-4));
    }
    // A row's bytes do not depend on the rows beside it.
    for (size_t r = 0; r < static_cast<size_t>(kRows); ++r) {
        const auto first = x.begin() + static_cast<int64_t>(r) * kNetwork.inputs;
        const std::vector<float> row = evaluated(model, {first, first + kNetwork.inputs});
        for (size_t j = 0; j < row.size(); ++j) CHECK(row[j] == theirs[r * row.size() + j]);
    }

    // Threads share the device.
    std::vector<std::vector<float>> found(3);
    std::vector<std::thread> threads;
    for (std::vector<float>& out : found) {
        threads.emplace_back([&] {
            for (int i = 0; i < 5; ++i) out = evaluated(model, x);
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::vector<float>& out : found) CHECK(out == theirs);
}
