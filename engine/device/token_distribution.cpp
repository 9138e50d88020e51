#include "engine/device/token_distribution.h"

#include "engine/base/error.h"
#include "engine/kernels/kernels.h"

#include <algorithm>
#include <cmath>

namespace qstar::engine {

void check(const Sampling& sampling) {
    if (!(sampling.temperature >= 0) || !std::isfinite(sampling.temperature))
        fail("temperature: expected at least 0, found {}", sampling.temperature);
    if (sampling.top_k < 0) fail("top-k: expected at least 0 (all), found {}", sampling.top_k);
    if (!(sampling.top_p > 0 && sampling.top_p <= 1))
        fail("top-p: expected more than 0 and at most 1 (all), found {}", sampling.top_p);
}

void TokenDistribution::set(std::span<const float> logits, const Sampling& sampling) {
    if (logits.empty()) fail("sampling: no logits");
    const Kernels& kernel = kernels();
    const auto n = static_cast<int64_t>(logits.size());
    logits_ = logits;
    best_ = static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    weights_.resize(logits.size());
    log_sum_ = kernel.softmax(n, logits.data(), weights_.data());
    total_ = 0;
    if (sampling.temperature <= 0) return;
    float log_sum = log_sum_;
    if (sampling.temperature != 1) {
        std::copy(logits.begin(), logits.end(), weights_.begin());
        kernel.scale(n, 1.0f / sampling.temperature, weights_.data());
        log_sum = kernel.softmax(n, weights_.data(), weights_.data());
    }
    if (!std::isfinite(log_sum)) return; // some weight is no number
    total_ = 1;
    if (sampling.top_k > 0 && sampling.top_k < n) keep_top_k(sampling.top_k);
    if (sampling.top_p < 1) keep_top_p(sampling.top_p);
    if (sampling.top_k > 0 || sampling.top_p < 1) {
        total_ = 0;
        for (const float w : weights_) total_ += w;
    }
}

void TokenDistribution::keep_top_k(int k) {
    ordered_.clear();
    for (size_t i = 0; i < weights_.size(); ++i) {
        ordered_.push_back({-weights_[i], static_cast<int>(i)});
    }
    std::nth_element(ordered_.begin(), ordered_.begin() + k, ordered_.end());
    for (size_t i = static_cast<size_t>(k); i < ordered_.size(); ++i) {
        weights_[static_cast<size_t>(ordered_[i].second)] = 0;
    }
}

void TokenDistribution::keep_top_p(float p) {
    double total = 0;
    for (const float w : weights_) total += w;
    // Tokens below this bound come to less than (1 - p) of the whole even together, so
    // none of them is needed: few are left to be sorted.
    const double bound = (1.0 - p) * total / static_cast<double>(weights_.size());
    ordered_.clear();
    for (size_t i = 0; i < weights_.size(); ++i) {
        if (weights_[i] > 0 && weights_[i] >= bound) {
            ordered_.push_back({-weights_[i], static_cast<int>(i)});
        }
    }
    std::sort(ordered_.begin(), ordered_.end());
    std::fill(weights_.begin(), weights_.end(), 0.0f);
    double sum = 0;
    for (const auto& [minus, token] : ordered_) {
        weights_[static_cast<size_t>(token)] = -minus;
        sum -= minus;
        if (sum >= p * total) break;
    }
}

int TokenDistribution::draw(double uniform) const {
    if (total_ == 0) return best_;
    double left = uniform * total_;
    for (size_t i = 0; i < weights_.size(); ++i) {
        if (left < weights_[i]) return static_cast<int>(i);
        left -= weights_[i];
    }
    return best_; // rounding left a rest behind the last one
}

float TokenDistribution::log_prob(int token) const {
    return logits_[static_cast<size_t>(token)] - log_sum_;
}

} // namespace qstar::engine
