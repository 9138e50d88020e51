#include "engine/decode/sampling.h"

namespace qstar::engine {

int sample(std::span<const float> logits, const Sampling& sampling, Random& random,
           float* log_prob) {
    thread_local TokenDistribution distribution;
    distribution.set(logits, sampling);
    const int token = distribution.draw(draw_from(0, sampling, random).uniform);
    if (log_prob != nullptr) *log_prob = distribution.log_prob(token);
    return token;
}

int sample(std::span<const float> logits, float temperature, Random& random, float* log_prob) {
    return sample(logits, Sampling{temperature, 0, 1}, random, log_prob);
}

TokenDraw draw_from(int row, const Sampling& sampling, Random& random) {
    TokenDraw draw;
    draw.row = row;
    draw.top_k = sampling.top_k;
    draw.temperature = sampling.temperature;
    draw.top_p = sampling.top_p;
    if (sampling.temperature > 0) draw.uniform = random.uniform();
    return draw;
}

} // namespace qstar::engine
