#pragma once
// GRPO: PPO without a value function. Several solutions of one problem are each other's
// baseline. Shao et al., "DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open
// Language Models" (2024), section 4.1.
//
// With rewards per step (--reward prm) it is that paper's process supervision. RLOO
// (Ahmadian et al., "Back to Basics: Revisiting REINFORCE-Style Optimization for Learning
// from Human Feedback in LLMs", 2024) differs in the baseline and in where the KL stands.
//
// For texts that contain their search, hundreds of tokens long, there are the changes of 2025.
// Dr. GRPO (Liu et al., "Understanding R1-Zero-Like Training: A Critical Perspective", 2503.20783):
// no deviation (--baseline mean) and a loss that does not ask how long a text is (--average fixed),
// so that a wrong one earns nothing by growing. DAPO (Yu et al., 2503.14476): --epsilon-high,
// --average batch, and --redraw (redraw.h).

#include "train/rl/rl.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct GrpoOptions {
    RlOptions rl{.name = "grpo", .epochs = 1};
    int64_t group = 8;              // solutions of a problem; `batch` is a multiple of it
    std::string baseline = "group"; // group, mean or rloo: see group_advantages()
    // How tokens count in the loss: solution, mean over a solution's and then over solutions;
    // batch, over all of an update; fixed, sum over a solution's by max_tokens, mean over
    // solutions. Empty: solution with the baseline group, else batch.
    std::string average;
    double epsilon_high = 0; // upper end of the clip; 0: epsilon
    int64_t redraw = 0;      // rounds in which groups that were paid alike are drawn again
    double kl = 0.04; // coefficient of the KL to the reference: in the loss, with rloo in the
                      // reward
};

// DIR/sft/model.safetensors + a reward -> DIR/grpo/model.safetensors
void describe(Flags& f, GrpoOptions& o);
Outcome grpo(const GrpoOptions& options);

// The advantage of each written token, flat. Episodes of one group stand side by side; one
// that is alone in its group has no baseline, and gets 0.
//
//   group  rewards are normalised over all that the group was paid, (r - mean) / (deviation +
//          1e-4); a token's advantage is the sum of those paid at it or after it. If only the
//          answer is paid, that is one number for all tokens of a solution.
//   mean   the same without the division by the deviation (Liu et al., "Understanding
//          R1-Zero-Like Training: A Critical Perspective", 2025)
//   rloo   the score less the mean score of the others of the group, for all tokens
std::vector<float> group_advantages(std::span<const Episode> episodes, const Rewards& rewards,
                                    const std::string& baseline);

} // namespace qstar::train
