#include "engine/optim/adamw.h"

#include "engine/error.h"
#include "engine/kernels/kernels.h"
#include "engine/parallel.h"

#include <cmath>
#include <numbers>

namespace qstar::engine {

namespace {
constexpr int64_t element_grain = 32768;
}

AdamW::AdamW(std::span<const Parameter> parameters, const AdamWConfig& config_) : config(config_) {
    for (const Parameter& p : parameters) {
        first.push_back(Tensor::zeros(p.value.shape()));
        second.push_back(Tensor::zeros(p.value.shape()));
    }
}

float gradient_norm(std::span<const Parameter> parameters) {
    double total = 0;
    for (const Parameter& p : parameters) {
        if (p.grad.empty()) continue;
        const int64_t chunks = (p.grad.size() + element_grain - 1) / element_grain;
        thread_local std::vector<float> partial; // kept: a step of training allocates nothing
        partial.resize(static_cast<size_t>(chunks));
        float* parts = partial.data(); // this thread's, whoever fills it
        parallel_for(p.grad.size(), element_grain, [&](int64_t begin, int64_t end) {
            const float* g = p.grad.data() + begin;
            parts[begin / element_grain] = kernels().dot(end - begin, g, g);
        });
        for (const float part : partial) total += part;
    }
    return static_cast<float>(std::sqrt(total));
}

float AdamW::update(std::span<Parameter> parameters, float learning_rate) {
    if (parameters.size() != first.size()) {
        fail("AdamW: made for {} parameters, called with {}", first.size(), parameters.size());
    }
    const float norm = gradient_norm(parameters);
    if (!std::isfinite(norm)) fail("AdamW: the gradient's norm is {} at step {}", norm, step);
    const float factor = config.clip > 0 && norm > config.clip ? config.clip / norm : 1.0f;
    ++step;
    const double done = static_cast<double>(step);
    const auto correct1 = static_cast<float>(1.0 - std::pow(config.beta1, done));
    const auto correct2 = static_cast<float>(1.0 - std::pow(config.beta2, done));
    for (size_t i = 0; i < parameters.size(); ++i) {
        const Parameter& p = parameters[i];
        if (p.grad.empty()) continue;
        const float decay = p.value.shape().rank >= 2 ? config.weight_decay : 0.0f;
        parallel_for(p.value.size(), element_grain, [&](int64_t begin, int64_t end) {
            kernels().adamw(end - begin, p.value.data() + begin, p.grad.data() + begin,
                            first[i].data() + begin, second[i].data() + begin, factor,
                            learning_rate, config.beta1, config.beta2, config.eps, decay, correct1,
                            correct2);
        });
    }
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
                              0.5 * (peak - floor) * (1 + std::cos(std::numbers::pi * through)));
}

} // namespace qstar::engine
