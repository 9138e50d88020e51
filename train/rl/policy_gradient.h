#pragma once
// The gradient of what a policy gains from a minibatch of episodes, and how far it has moved from
// the one that wrote them. A large minibatch is cut (run/batch_gradient.h).

#include "train/rl/minibatch.h"
#include "train/rl/surrogate.h"

#include <functional>
#include <span>

namespace qstar::train {

struct PolicyLoss {
    double loss; // less the gain
    Shift shift;
};

// The gain () of some rows, of the log-probabilities (n, 1) of their n written tokens. The
// minibatch's is the sum of its parts', so weights are by the whole.
using Gain =
    std::function<engine::Var(engine::Tape& tape, const Minibatch& part, engine::Var log_prob)>;

// Adds to the policy's gradient that of the loss, by going down which the gain rises. `old`: flat,
// of the policy that wrote. Every rank must come here with the same minibatch. Resets the tape.
PolicyLoss policy_gradient(engine::Tape& tape, engine::Gpt& policy, const Minibatch& batch,
                           std::span<const float> old, Clip clip, const Gain& gain);

} // namespace qstar::train
