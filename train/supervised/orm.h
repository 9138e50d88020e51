#pragma once
// The outcome reward model: will this solution end in the right answer?
//
// Cobbe et al., "Training Verifiers to Solve Math Word Problems" (2021). Its labels say
// only whether the final answer is right. The loss is at the answer token, or, with
// every_token as in that paper, at each token of the solution.

#include "train/supervised/reward.h"

namespace qstar::train {

struct OrmOptions {
    RewardOptions reward;
    bool every_token = true; // ask at every token of the solution, not at the answer only
};

// DIR/sft/model.safetensors + DIR/labels/outcomes.jsonl -> DIR/orm/model.safetensors
void describe(Flags& f, OrmOptions& o);
Outcome orm(const OrmOptions& options);

} // namespace qstar::train
