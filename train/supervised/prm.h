#pragma once
// The process reward model: is this step right, given the steps before it?
//
// Lightman et al., "Let's Verify Step by Step" (2023); Uesato et al. (2022). The loss is
// at the token that ends each step, up to and including the first error.

#include "train/data/labels.h"
#include "train/supervised/reward.h"

#include <string>

namespace qstar::train {

struct PrmOptions {
    RewardOptions reward;
    std::string neutral = "right"; // what a neutral step counts as: right, wrong, skip
    bool every_token = true;       // ask at every token of a step, not at its end only
    bool soft = false;             // learn the file's soft labels (rollout.h), not its hard ones
    std::string judge = "head";    // by a scalar head, or by its own text (text_judge.h)
    std::string name = "prm";      // folder in the run: PRMs from several sources side by side
};

// DIR/sft/model.safetensors + DIR/labels/steps.jsonl -> DIR/NAME/model.safetensors
void describe(Flags& f, PrmOptions& o);
Outcome prm(const PrmOptions& options);

} // namespace qstar::train
