#include "train/rl/gae.h"

#include <cmath>

namespace qstar::train {

namespace {

double mean_of(std::span<const float> values) {
    double sum = 0;
    for (const float value : values) sum += value;
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double variance_of(std::span<const float> values) {
    const double mean = mean_of(values);
    double sum = 0;
    for (const float value : values) sum += (value - mean) * (value - mean);
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

} // namespace

Advantages gae(std::span<const float> rewards, std::span<const float> values, double gamma,
               double lambda) {
    const size_t length = rewards.size();
    Advantages result{std::vector<float>(length), std::vector<float>(length)};
    double next_value = 0, next_advantage = 0;
    for (size_t t = length; t-- > 0;) { // A_t = delta_t + gamma lambda A_{t+1}
        const double delta = rewards[t] + gamma * next_value - values[t];
        next_advantage = delta + gamma * lambda * next_advantage;
        next_value = values[t];
        result.advantages[t] = static_cast<float>(next_advantage);
        result.returns[t] = static_cast<float>(next_advantage + values[t]);
    }
    return result;
}

void whiten(std::span<float> values) {
    const double mean = mean_of(values), variance = variance_of(values);
    const double factor = 1 / std::sqrt(variance + 1e-8);
    for (float& value : values) value = static_cast<float>((value - mean) * factor);
}

double explained_variance(std::span<const float> returns, std::span<const float> values) {
    std::vector<float> missed(returns.size());
    for (size_t t = 0; t < missed.size(); ++t) missed[t] = returns[t] - values[t];
    const double variance = variance_of(returns);
    return variance > 0 ? 1 - variance_of(missed) / variance : 0;
}

} // namespace qstar::train
