#pragma once
// The outcome reward model: will this solution end in the right answer?
//
// Cobbe et al., "Training Verifiers to Solve Math Word Problems" (2021). Its labels say
// only whether the final answer is right. The loss is at the answer token, or, with
// every_token as in that paper, at each token of the solution.
//
// The judge of text has no head (text_judge.h). A step is worth 1 to it if a solution that goes on
// from there has ended in the right answer, 0 if none has: no step's own truth is known to it.

#include "train/supervised/reward.h"

#include <string>

namespace qstar::train {

struct OrmOptions {
    RewardOptions reward;
    std::string judge = "head"; // or "text": a language model in the judge's place, text_judge.h
    bool every_token = true;    // ask at every token of the solution, not at the answer only
    std::string name = "orm";   // of the folder; "orm-..." for more than one
};

// DIR/sft/model.safetensors + DIR/labels/outcomes.jsonl -> DIR/NAME/model.safetensors
void describe(Flags& f, OrmOptions& o);
Outcome orm(const OrmOptions& options);

} // namespace qstar::train
