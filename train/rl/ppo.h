#pragma once
// PPO: the policy is moved towards what earns more reward, a little at a time.
//
// Schulman et al., "Proximal Policy Optimization Algorithms" (2017); for language models
// Ziegler et al. (2019) and Ouyang et al., "Training language models to follow instructions
// with human feedback" (2022). Details as in Huang et al., "The N+ Implementation Details of
// RLHF with PPO" (2024).
//
// The value function is a model of its own and not a second head on the policy: its
// gradients do not disturb the policy, it may have more layers, as judging asks for (reward.h),
// and it may begin with the weights of a reward model, which has learned to tell from an
// unfinished solution how it will end (Ouyang et al., appendix C.4). The head starts at zero.

#include "train/rl/rl.h"

#include <string>

namespace qstar::train {

struct PpoOptions {
    RlOptions rl{.name = "ppo"};
    std::string value_from;     // stage whose weights the value function starts from; empty: the
                                // reward model's, and the orm's for the verifier
    int64_t extra_layers = 2;   // of the value function, if it starts from a policy
    double value_lr = 5e-4;     // at its peak
    double value_epsilon = 0.2; // of the value's clip
    double gamma = 1, lambda = 0.95;
    double kl = 0.05;     // coefficient of the KL penalty, at the beginning
    double kl_target = 6; // nats a solution, to which it is steered; 0: it stays as it is
    double kl_gain = 0.5; // how fast
};

// DIR/sft/model.safetensors + a reward -> DIR/ppo/model.safetensors
void describe(Flags& f, PpoOptions& o);
Outcome ppo(const PpoOptions& options);

} // namespace qstar::train
