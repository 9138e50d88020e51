#include "train/rl/policy_gradient.h"

#include "train/run/batch_gradient.h"

#include <array>

namespace qstar::train {

PolicyLoss policy_gradient(engine::Tape& tape, engine::Gpt& policy, const Minibatch& batch,
                           std::span<const float> old, Clip clip, const Gain& gain) {
    std::array<double, 3> sums{};
    batch_gradient(tape, policy, {batch.rows, batch.rows, batch.time}, sums,
                   [&](engine::Tape& own, int64_t first, int64_t count, std::span<double> shares) {
                       const Minibatch part = rows_of(batch, first, count);
                       const engine::Var chosen =
                           log_prob(own, written_logits(own, policy, part), part.targets);
                       const engine::Var loss = scale(own, gain(own, part, chosen), -1.0f);
                       const Shift shift = shift_of(own.value(chosen).values(), pick(old, part),
                                                    clip, batch.targets.size());
                       own.backward(loss);
                       shares[0] = double{own.value(loss)[0]};
                       shares[1] = shift.clip_fraction;
                       shares[2] = shift.approx_kl;
                   });
    return {sums[0], {sums[1], sums[2]}};
}

} // namespace qstar::train
