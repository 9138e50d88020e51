#include "train/rl/kl.h"

#include <algorithm>

namespace qstar::train {

engine::Var k3(engine::Tape& tape, engine::Var log_p, std::span<const float> log_q) {
    const engine::Var q =
        tape.constant(engine::Tensor::from({static_cast<int64_t>(log_q.size()), 1}, log_q));
    const engine::Var log_r = sub(tape, q, log_p);
    return shift(tape, sub(tape, exp(tape, log_r), log_r), -1.0f);
}

double adapt_kl(double beta, double kl, double target, double gain) {
    if (target <= 0) return beta;
    const double error = std::clamp((kl - target) / target, -0.2, 0.2);
    return beta * (1 + gain * error);
}

} // namespace qstar::train
