#pragma once
// STaR: the policy teaches itself from its own right answers.
//
// Zelikman et al., "STaR: Bootstrapping Reasoning With Reasoning" (2022), algorithm 1.
// Round n, in DIR/star/round-n/:
//   Step 1  the policy of the round before writes one solution of each training problem
//   Step 2  rationalisation: where the answer was wrong, it writes another one with the
//           right answer as a hint
//   Step 3  the solutions that end in the right answer are kept, rationalised ones as if
//           there had been no hint
//   Step 4  the model of the start, not the one before, is tuned on them
//
// The hint is the answer after the problem: "3*(4+5)-2=25". Nothing that our model has
// read looks so, so it must learn what a hint is from its own work: in step 4 each kept
// solution is also learned with its hint before it.

#include "train/data/searched.h"
#include "train/run/trainer.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct StarOptions {
    StageOptions stage;
    LoopOptions loop{.lr = 3e-4, .warmup = 20, .weight_decay = 0};
    std::string from = "sft";
    int64_t rounds = 4;
    int64_t problems = 4000; // the same in each round
    int64_t epochs = 2;
    bool rationalise = true; // step 2
    int64_t dev_problems = 500;
    std::string world; // empty: the run's
};

// Interrupted, it goes on within the round. The last round's policy is
// DIR/star/model.safetensors, the rounds are the lines of DIR/star/metrics.jsonl.
void describe(Flags& f, StarOptions& o);
Outcome star(const StarOptions& options);

// Step 3: the solutions with the right answer, in the order of the problems: first those
// without a hint, then those with one (their problem as hinted()).
struct StarItems {
    std::vector<CuratedItem> rationales, rationalised;
};
StarItems right_ones(std::span<const SampledSolution> solutions,
                     std::span<const SampledSolution> with_hint, const search::World& world);

std::string hinted(const std::string& problem, const std::string& answer);

} // namespace qstar::train
