#include "engine/nn/adamw.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace qstar::engine {

namespace {

// The parameters' device. They are a model's, so all lie on one.
const Device& device_of(std::span<const Parameter> parameters) {
    return parameters.empty() ? device() : parameters.front().value.device();
}

} // namespace

AdamW::AdamW(std::span<const Parameter> parameters, const AdamWConfig& config_) : config(config_) {
    for (const Parameter& p : parameters) {
        first.push_back(Tensor::zeros(p.value.shape(), p.value.device()));
        second.push_back(Tensor::zeros(p.value.shape(), p.value.device()));
    }
}

float gradient_norm(std::span<const Parameter> parameters) {
    thread_local std::vector<std::span<const float>> pieces; // kept: a step allocates nothing
    pieces.clear();
    for (const Parameter& p : parameters) {
        if (!p.grad.empty()) pieces.push_back(p.grad.values());
    }
    return static_cast<float>(std::sqrt(device_of(parameters).sum_of_squares(pieces)));
}

float AdamW::update(std::span<Parameter> parameters, float learning_rate) {
    if (parameters.size() != first.size()) {
        fail("AdamW: made for {} parameters, called with {}", first.size(), parameters.size());
    }
    const Device& device = device_of(parameters);
    const float norm = gradient_norm(parameters);
    if (!std::isfinite(norm)) fail("AdamW: the gradient's norm is {} at step {}", norm, step);
    const float factor = config.clip > 0 && norm > config.clip ? config.clip / norm : 1.0f;
    ++step;
    const auto correct1 = static_cast<float>(1.0 - math::power(config.beta1, step));
    const auto correct2 = static_cast<float>(1.0 - math::power(config.beta2, step));
    for (size_t i = 0; i < parameters.size(); ++i) {
        const Parameter& p = parameters[i];
        if (p.grad.empty()) continue;
        const float decay = p.value.shape().rank >= 2 ? config.weight_decay : 0.0f;
        device.adamw(p.value.size(), p.value.data(), p.grad.data(), first[i].data(),
                     second[i].data(),
                     {factor, learning_rate, config.beta1, config.beta2, config.eps, decay,
                      correct1, correct2});
    }
    device.finish(); // from here on the host may read and write the weights
    return norm;
}

float cosine_schedule(int64_t step, int64_t steps, int64_t warmup, float peak, float floor) {
    if (step < warmup) {
        return peak * static_cast<float>(step + 1) / static_cast<float>(warmup);
    }
    if (step >= steps) return floor;
    const double through = static_cast<double>(step - warmup) /
                           static_cast<double>(std::max<int64_t>(1, steps - warmup));
    return static_cast<float>(floor +
                              0.5 * (peak - floor) * (1 + math::cos(std::numbers::pi * through)));
}

} // namespace qstar::engine
