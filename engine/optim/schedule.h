#pragma once
// The learning rate over a training's steps, which count from 0.

#include <cstdint>

namespace qstar::engine {

// Linear warm-up from 0, then half a cosine from `peak` to `floor` (SGDR, Loshchilov &
// Hutter 2017).
float cosine_schedule(int64_t step, int64_t steps, int64_t warmup, float peak, float floor);

// Linear warm-up from 0, then `peak`, and over the last `cooldown` of all steps a straight line
// to `floor` (Zhai et al., "Scaling Vision Transformers", 2022; Haegele et al. 2024).
float linear_schedule(int64_t step, int64_t steps, int64_t warmup, double cooldown, float peak,
                      float floor);

} // namespace qstar::engine
