#include "engine/optim/optimiser.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/optim/muon.h"

#include <algorithm>
#include <cmath>

namespace qstar::engine {

namespace {

// The parameters' device. They are a model's, so all lie on one.
const Device& device_of(std::span<const Parameter> parameters) {
    return parameters.empty() ? device() : parameters.front().value.device();
}

bool is_muons(const Parameter& p, const OptimiserConfig& config) {
    return config.muon && p.parts > 0;
}

// Matrices are independent of each other, so each thread takes one.
void update_by_muon(const Device& device, std::span<const Parameter> parameters,
                    std::span<const Tensor> momentum, std::span<const size_t> which,
                    const MuonStep& step) {
    const auto one = [&](int64_t i, int64_t) {
        const size_t at = which[static_cast<size_t>(i)];
        muon(parameters[at], momentum[at], step);
    };
    const auto count = static_cast<int64_t>(which.size());
    if (device.computes_on_calling_thread()) return parallel_for(count, 1, one);
    for (int64_t i = 0; i < count; ++i) one(i, i + 1);
}

} // namespace

int64_t optimiser_numbers(std::span<const Parameter> parameters, const OptimiserConfig& config) {
    int64_t kept = 0, scratch = 0;
    for (const Parameter& p : parameters) {
        if (p.frozen) continue;
        kept += p.value.size();
        if (!is_muons(p, config)) {
            kept += p.value.size();
            continue;
        }
        const Shape& shape = p.value.shape();
        scratch = std::max(scratch, muon_scratch(shape[0], shape[1] / p.parts));
    }
    return kept + threads() * scratch;
}

Optimiser::Optimiser(std::span<const Parameter> parameters, const OptimiserConfig& config_)
    : config(config_) {
    for (const Parameter& p : parameters) {
        const auto zeros = [&] { return Tensor::zeros(p.value.shape(), p.value.device()); };
        first.push_back(p.frozen ? Tensor() : zeros());
        second.push_back(p.frozen || is_muons(p, config) ? Tensor() : zeros());
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

float Optimiser::update(std::span<Parameter> parameters, float learning_rate, float muon_rate) {
    if (parameters.size() != first.size()) {
        fail("the optimiser: made for {} parameters, called with {}", first.size(),
             parameters.size());
    }
    const AdamWConfig& adamw = config.adamw;
    const Device& device = device_of(parameters);
    const float norm = gradient_norm(parameters);
    if (!std::isfinite(norm))
        fail("the optimiser: the gradient's norm is {} at step {}", norm, step);
    const float factor = adamw.clip > 0 && norm > adamw.clip ? adamw.clip / norm : 1.0f;
    ++step;
    const auto correct1 = static_cast<float>(1.0 - math::power(adamw.beta1, step));
    const auto correct2 = static_cast<float>(1.0 - math::power(adamw.beta2, step));
    thread_local std::vector<size_t> matrices;
    matrices.clear();
    for (size_t i = 0; i < parameters.size(); ++i) {
        const Parameter& p = parameters[i];
        if (p.frozen || p.grad.empty()) continue;
        if (is_muons(p, config)) {
            matrices.push_back(i);
            continue;
        }
        const float decay = p.value.shape().rank >= 2 ? adamw.weight_decay : 0.0f;
        device.adamw(p.value.size(), p.value.data(), p.grad.data(), first[i].data(),
                     second[i].data(),
                     {factor, learning_rate, adamw.beta1, adamw.beta2, adamw.eps, decay, correct1,
                      correct2});
    }
    if (config.muon)
        update_by_muon(device, parameters, first, matrices,
                       {factor, muon_rate, config.muon->momentum, config.muon->weight_decay});
    device.finish(); // from here on the host may read and write the weights
    return norm;
}

std::vector<std::pair<std::string, Tensor>>
Optimiser::state(std::span<const Parameter> parameters) const {
    std::vector<std::pair<std::string, Tensor>> tensors;
    for (size_t i = 0; i < parameters.size(); ++i) {
        const Parameter& p = parameters[i];
        if (p.frozen) continue;
        if (is_muons(p, config)) {
            tensors.emplace_back("muon.momentum." + p.name, first[i]);
            continue;
        }
        tensors.emplace_back("adamw.first." + p.name, first[i]);
        tensors.emplace_back("adamw.second." + p.name, second[i]);
    }
    return tensors;
}

} // namespace qstar::engine
