#include "tests/engine/vulkan/on_vulkan.h"

#include "engine/kernels/kernels.h"
#include "engine/run/use_device.h"
#include "engine/vulkan/vulkan.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <doctest/doctest.h>
#include <limits>

namespace qstar::tests {

using namespace qstar::engine;

OnVulkan::OnVulkan() {
    setenv("QSTAR_VULKAN_VALIDATION", "1", 1);
    setenv("XDG_CACHE_HOME", "/dev/null", 1);   // no folder: compiled shaders are not kept
    setenv("LP_NATIVE_VECTOR_WIDTH", "128", 0); // Mesa compiles twice as fast for narrow vectors
    std::string why;
    for (const VulkanDeviceInfo& device : vulkan_devices(why)) {
        here_ = here_ || device.missing.empty();
    }
    if (!here_) {
        MESSAGE("left out: " << why);
        return;
    }
    use_device("vulkan");
}

OnVulkan::~OnVulkan() {
    use_device("cpu");
    std::string first;
    if (!here_ || vulkan_messages(first) < 0) return;
    CHECK(vulkan_messages(first) == 0);
    CHECK(first == "");
}

Tensor Operands::numbers(int64_t n, double low, double high) {
    Tensor t = Tensor::zeros({n});
    for (float& x : t.values()) x = static_cast<float>(low + (high - low) * random_.uniform());
    return t;
}

float* Operands::in(int64_t n, double low, double high) {
    kept_.push_back(numbers(n, low, high));
    return kept_.back().data();
}

float* Operands::out(int64_t n, bool fresh) {
    outputs_.push_back(numbers(n, -1, 1));
    if (fresh) outputs_.back().fill(std::numeric_limits<float>::quiet_NaN());
    return outputs_.back().data();
}

float* Operands::spare(int64_t n) { return in(n); }

std::vector<int> Operands::indices(int64_t n, int64_t below) {
    std::vector<int> result;
    for (int64_t i = 0; i < n; ++i) {
        result.push_back(static_cast<int>(random_.below(static_cast<uint64_t>(below))));
    }
    return result;
}

std::vector<float> Operands::host(int64_t n, double low, double high) {
    std::vector<float> result;
    for (int64_t i = 0; i < n; ++i) {
        result.push_back(static_cast<float>(low + (high - low) * random_.uniform()));
    }
    return result;
}

double difference(void (*operation)(const Device&, Operands&, const void*), const void* more) {
    const std::string isa = isa_name();
    Operands theirs(7);
    operation(device(), theirs, more);
    device().finish();
    use_device("cpu");
    use_isa("scalar");
    Operands ours(7);
    operation(device(), ours, more);
    use_isa(isa.c_str());
    use_device("vulkan");

    double worst = 0;
    for (size_t i = 0; i < ours.outputs().size(); ++i) {
        const auto expected = ours.outputs()[i].values(), found = theirs.outputs()[i].values();
        double squares = 0;
        for (const float x : expected) squares += double{x} * x;
        const double usual =
            std::sqrt(squares / std::max<double>(1, static_cast<double>(expected.size())));
        for (size_t j = 0; j < expected.size(); ++j) {
            const double off = std::abs(double{found[j]} - expected[j]);
            const double error = off / std::max(std::abs(double{expected[j]}) + usual, 1e-6);
            worst = std::isnan(error) ? 1e9 : std::max(worst, error);
        }
    }
    return worst;
}

} // namespace qstar::tests
