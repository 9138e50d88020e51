#include "train/rl/surrogate.h"

#include "engine/base/elementary.h"
#include "train/rl/kl.h"

#include <algorithm>

namespace qstar::train {

using engine::Tape, engine::Tensor, engine::Var;

namespace {

Var constant(Tape& tape, std::span<const float> values) {
    return tape.constant(Tensor::from({static_cast<int64_t>(values.size()), 1}, values));
}

} // namespace

double clipped_surrogate(double ratio, double advantage, Clip clip) {
    return std::min(ratio * advantage,
                    std::clamp(ratio, 1 - clip.below, 1 + clip.above) * advantage);
}

Var clipped_surrogate(Tape& tape, Var log_prob, std::span<const float> old,
                      std::span<const float> advantages, Clip clip) {
    const Var advantage = constant(tape, advantages);
    const Var ratio = exp(tape, sub(tape, log_prob, constant(tape, old)));
    const Var clipped =
        clamp(tape, ratio, static_cast<float>(1 - clip.below), static_cast<float>(1 + clip.above));
    return minimum(tape, mul(tape, ratio, advantage), mul(tape, clipped, advantage));
}

double clipped_value_loss(double value, double old, double target, double epsilon) {
    const double clipped = std::clamp(value, old - epsilon, old + epsilon);
    return std::max((value - target) * (value - target), (clipped - target) * (clipped - target)) /
           2;
}

Var clipped_value_loss(Tape& tape, Var values, std::span<const float> old,
                       std::span<const float> returns, double epsilon) {
    const Var before = constant(tape, old), target = constant(tape, returns);
    const Var moved = clamp(tape, sub(tape, values, before), static_cast<float>(-epsilon),
                            static_cast<float>(epsilon));
    const Var error = sub(tape, values, target);
    const Var clipped_error = sub(tape, add(tape, before, moved), target);
    // max(a, b) = -min(-a, -b)
    const Var worse = minimum(tape, scale(tape, mul(tape, error, error), -0.5f),
                              scale(tape, mul(tape, clipped_error, clipped_error), -0.5f));
    return scale(tape, worse, -1.0f);
}

Var weighted_sum(Tape& tape, Var x, std::span<const float> weights) {
    return sum(tape, mul(tape, x, constant(tape, weights)));
}

Shift shift_of(std::span<const float> log_prob, std::span<const float> old, Clip clip,
               size_t tokens) {
    Shift shift;
    if (log_prob.empty()) return shift;
    const auto all = static_cast<double>(tokens > 0 ? tokens : log_prob.size());
    for (size_t t = 0; t < log_prob.size(); ++t) {
        const double ratio = math::exp(static_cast<double>(log_prob[t]) - old[t]);
        shift.clip_fraction += ratio < 1 - clip.below || ratio > 1 + clip.above;
        shift.approx_kl += k3(old[t], log_prob[t]);
    }
    shift.clip_fraction /= all;
    shift.approx_kl /= all;
    return shift;
}

} // namespace qstar::train
