#pragma once
// The reward model from ranks: a number for a solution, so that the better of two has the
// higher one.
//
// Ouyang et al., "Training language models to follow instructions with human feedback" (2022),
// section 3.5; Ziegler et al. (2019). By Bradley and Terry (1952) an annotator prefers a to b with
// the probability sigmoid(r(a) - r(b)); the loss is what the annotator's ranks cost under it,
//
//   L = - mean over prompts of the mean over their pairs of log sigmoid(r(chosen) - r(rejected))
//
// All outputs of a prompt are in one batch and are evaluated once, however many pairs they
// are in. r is only defined up to a constant. The score is read at the answer token.

#include "train/data/ranks.h"
#include "train/preference/calibration.h"
#include "train/preference/comparisons.h"
#include "train/supervised/reward.h"

#include <span>
#include <string>

namespace qstar::train {

struct BradleyTerryOptions {
    BradleyTerryOptions() { reward.loop.batch = 12; } // prompts a step
    RewardOptions reward;
    std::string name = "reward"; // folder in the run: models of several annotators
};

// DIR/sft/model.safetensors + DIR/ranks/ranks.jsonl -> DIR/reward/model.safetensors, and the
// calibration on held-out pairs in done.json.
void describe(Flags& f, BradleyTerryOptions& o);
Outcome reward(const BradleyTerryOptions& options);

// Scores (n, 1) of the outputs -> (): the weighted mean of -log sigmoid(better - worse). `total`,
// if not 0, stands in the place of the sum of the weights: for a part of a batch.
engine::Var bradley_terry_loss(engine::Tape& tape, engine::Var scores,
                               std::span<const Comparisons::Pair> pairs, double total = 0);

// What the model predicts about these rankings; `where` names their file in errors.
Calibration calibration_of(engine::Gpt& model, std::span<const Ranking> rankings,
                           const tokenizer::Tokenizer& tokenizer, const std::string& where);

} // namespace qstar::train
