#pragma once
// From logits to a token, with random numbers.
//
// Random numbers are counter-based (random.h): a sequence that has its own stream draws
// the same tokens in any batch. A draw takes one uniform number, temperature 0 none. Many
// draws at once are Decoder::feed_and_draw().

#include "engine/base/random.h"
#include "engine/device/device.h"
#include "engine/device/token_distribution.h"

#include <span>

namespace qstar::engine {

// One draw.
int sample(std::span<const float> logits, const Sampling& sampling, Random& random,
           float* log_prob = nullptr);
int sample(std::span<const float> logits, float temperature, Random& random,
           float* log_prob = nullptr);

// A draw for Decoder::feed_and_draw(), from what the model says after feed `row`.
TokenDraw draw_from(int row, const Sampling& sampling, Random& random);

} // namespace qstar::engine
