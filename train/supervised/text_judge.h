#pragma once
// A judge without a head: verification as next-token prediction.
//
// To rate a step, one must know what should stand there and compare. A scalar head must learn both;
// a language model does both already, since the probability that it gives to what was written is
// the comparison. So the judge stays a policy, trained on values of steps until it writes what is
// worth writing and nothing else (Zhang et al., "Generative Verifiers", 2408.15240; Rafailov et
// al., "From r to Q*", 2404.12358; Hong et al., "Q-SFT", 2411.05193), and its reading is
// search/models/gpt_scorer.h.
//
// Each token of a step is an action. Its value v is that of the best known step, after the same
// state, that begins with the tokens so far, and V the same before the token: so a wrong step is
// wrong from the token on where it leaves all that are known to be right. The loss at a token,
//
//   -(v log p + (V - v) log(1 - p)),
//
// is smallest at p = v / V: next-token prediction where v = V, unlikelihood (Welleck et al.,
// "Neural Text Generation with Unlikelihood Training", 2019) where v = 0. Nothing is asked where V
// is 0: in what follows a mistake, and where no right step is known.

#include "tokenizer/form_reader.h"
#include "train/supervised/reward.h"

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace qstar::train {

// --judge: "head", a scalar head, or "text".
void describe_judge(Flags& f, std::string& judge, const char* name = "judge");

// The steps that are known after each state (its text), as tokens, and what they are worth.
class KnownSteps {
  public:
    explicit KnownSteps(const tokenizer::Tokenizer& tokenizer) : form_(tokenizer) {}
    // The last step of the path. Of several values the largest counts.
    void add(const search::Path& path, float value);
    // What is asked of the path's last `judged` steps: targets, text_weights (v) and weights
    // (V - v), at the token before the one in question.
    Example example(const search::Path& path, size_t judged) const;

  private:
    using Tokens = std::vector<int>;
    tokenizer::FormReader form_;
    std::map<std::string, std::map<Tokens, float>> steps_; // by the text of the state
};

// The policy's weights, without a scalar head; what loop.trains leaves to be trained. The head
// alone is a next token's of its own on the policy's trunk.
engine::Gpt text_judge(const engine::Gpt& policy, const LoopOptions& loop, const Stage& stage);

// A judge at its beginning, of --judge, and what it learns by: the text judge, or the policy's
// weights with a scalar head and `extra_layers` (reward.h).
struct Judge {
    engine::Gpt model;
    Objective objective;
};
Judge new_judge(const std::string& judge, const engine::Gpt& policy, int64_t extra_layers,
                double text, const LoopOptions& loop, const Stage& stage);

// The loss above, its mean over what is asked, and its gradient, added to the model's. Resets the
// tape. `judged` is the part of the tokens that should not be written.
RewardLoss text_judge_gradient(engine::Tape& tape, engine::Gpt& model, const Batch& batch);

// On examples that were not trained on: "val_loss", and "val_auc": of tokens, the probability that
// one to be written has a higher log p than one that is not.
Metrics validate_text_judge(engine::Gpt& model, std::span<const Example> examples, int64_t batch);

} // namespace qstar::train
