// A network of the puzzles on a device: evaluated as on the processor, by one thread and by
// several.

#include "tests/engine/small_network.h"
#include "tests/engine/vulkan/on_vulkan.h"

#include <cmath>
#include <doctest/doctest.h>
#include <thread>

using namespace qstar;
using namespace qstar::engine;
using namespace qstar::engine::small_network;

TEST_CASE("an MLP is evaluated on a device as on the processor") {
    const Bags x = features();
    const std::vector<float> ours = evaluated(network(), x);
    const tests::OnVulkan here;
    if (!here) return;
    const Mlp model = network();
    const std::vector<float> theirs = evaluated(model, x);
    for (size_t i = 0; i < ours.size(); ++i) {
        CHECK(theirs[i] == doctest::Approx(ours[i]).epsilon(1e-4));
    }
    // A row's bytes do not depend on the rows beside it.
    for (size_t r = 0; r < static_cast<size_t>(kRows); ++r) {
        const auto on = x.on.begin();
        const int count = x.first[r + 1] - x.first[r];
        const std::vector<float> row =
            evaluated(model, {{0, count}, {on + x.first[r], on + x.first[r + 1]}});
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
