#pragma once
// What outcome and process reward models share: a GPT with a scalar head that gives,
// at a token, the logit of the probability that what was written up to it is right.

#include "engine/autograd/ops.h"
#include "search/models/scorer.h"
#include "search/problem/path.h"
#include "tokenizer/bpe.h"
#include "train/run/batches.h"
#include "train/run/trainer.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct RewardOptions {
    StageOptions stage;
    LoopOptions loop{.batch = 32, .warmup = 50, .weight_decay = 0.01};
    std::string from = "sft"; // the stage whose weights it starts from
    std::string labels;       // a file; empty: the one that `qstar train label` wrote
    int64_t epochs = 1;
    int64_t extra_layers = 2; // more than the policy has: see reward_model()
    double text = 1;          // weight of the language-modelling loss on what is right
    int64_t limit = 0;        // use only the first so many labelled solutions; 0: all
};
void describe(Flags& f, RewardOptions& o);

// A reward model's stage at work: its labels, and the model whose weights it starts from.
struct RewardStart {
    std::unique_ptr<Stage> stage;
    std::string labels; // the file
    tokenizer::Tokenizer tokenizer;
    engine::Gpt base;
};
// Begins stage `name` with this record and the inputs. Labels that were not given are those of
// another stage of the run. None: it is finished already.
struct LabelsOf {
    std::string stage, file;
};
std::optional<RewardStart> begin_reward(const RewardOptions& options, const std::string& name,
                                        Json record, const LabelsOf& otherwise);

// Examples of one label file; `where` names it in errors. Those that are longer than the
// context are an Error.
struct RewardSet {
    std::vector<Example> train, validation_rows; // by validation_problem()
};
void check_length(const Example& example, const std::string& problem, int64_t context,
                  const std::string& where);
void add_example(RewardSet& set, Example example, const std::string& problem, int64_t context,
                 const std::string& where);

// One label at the end of each of the path's last labels.size() steps, with a weight each,
// or, with every_token, also at all tokens of these steps (with kInnerWeight). The text of
// the first `written` steps is asked for, too.
Example step_example(const tokenizer::Tokenizer& tokenizer, const search::Path& path,
                     std::span<const float> labels, std::span<const float> weights,
                     bool every_token, size_t written);

// Weight of the tokens inside a step or solution, where they are asked too: there the
// label is not yet certain, but the token at which an error happens is one of them.
inline constexpr float kInnerWeight = 0.5f;

// The policy's weights with a few more layers and a scalar head. A policy spends all its
// layers on predicting the next token; to rate a step, one must compare what was predicted with
// what was written, and that takes layers after it.
engine::Gpt reward_model(const engine::Gpt& policy, int64_t extra_layers, uint64_t seed);
// The same with what loop.trains leaves to be trained. The head alone gets no more layers: they
// would stay the identity.
engine::Gpt reward_model(const engine::Gpt& policy, int64_t extra_layers, const LoopOptions& loop,
                         const Stage& stage);

// Binary cross-entropy at the tokens that have a label,
//   -(1/n) sum_t y_t log s_t + (1 - y_t) log(1 - s_t), s_t = sigmoid(score_t),
// plus `text` times the cross-entropy of the next token where right work is written
// (Cobbe et al. 2021 train their verifiers so, too): it keeps the arithmetic alive that
// the judgement is made of. Where the head alone is trained, it would change nothing and is left
// out.
// Adds its gradient to the model's; a large batch is cut (nn/gradient_tree.h). Resets the tape.
struct RewardLoss {
    float total;
    float judged; // the first part alone
};
RewardLoss reward_gradient(engine::Tape& tape, engine::Gpt& model, const Batch& batch, double text);

// Adds the language-modelling targets to an example: the next token, asked at the
// positions [begin, end).
void ask_text(Example& example, size_t begin, size_t end);

// Of scores and whether each is of something right: the share of (right, wrong) pairs in the
// right order, ties half (Mann and Whitney 1947); 0.5 if there is no pair.
double area_under_curve(std::vector<std::pair<float, bool>> scored);

// On examples that were not trained on: "val_loss", "val_accuracy", "val_auc": of the
// labels, the share on whose side of 1/2 the model is, and the probability that a right
// one has a higher score than a wrong one (ties count half).
Metrics validate(engine::Gpt& model, std::span<const Example> examples, int64_t batch);

// What a judge learns by: the gradient of a batch, added to the model's, and the measure on others.
struct Objective {
    std::function<RewardLoss(engine::Tape& tape, engine::Gpt& model, const Batch& batch)> gradient;
    std::function<Metrics(engine::Gpt& model, std::span<const Example> examples, int64_t batch)>
        validate;
};
Objective scalar_objective(double text); // reward_gradient() and validate()

// The loop of all these stages: trains the model on set.train and writes DIR/STAGE, with the
// reading in the file's metadata. Error naming `where` if there are no examples.
Outcome train_reward(const RewardOptions& options, Stage& stage, engine::Gpt model,
                     const RewardSet& set, const Objective& objective, search::Reading reading,
                     const std::string& where);

} // namespace qstar::train
