#pragma once
// Distillation: what a search found, back into a plain policy that needs no search.
//
// The teacher is a policy that searches with a scorer, many model calls a problem. It
// solves training problems, the student imitates its solutions and is then deployed with
// greedy decoding alone (the second half of expert iteration, Anthony, Tian and Barber
// 2017; sequence-level distillation, Kim and Rush, "Sequence-Level Knowledge
// Distillation", 2016).
//
//   DIR/distil/searched.jsonl  the teacher's solutions
//   DIR/distil/learned.jsonl   those that the student imitates
//   DIR/distil/model.safetensors

#include "train/data/searched.h"
#include "train/run/trainer.h"

#include <string>

namespace qstar::train {

struct DistilOptions {
    StageOptions stage;
    LoopOptions loop{.lr = 3e-4, .warmup = 20, .weight_decay = 0};
    std::string teacher = "sft"; // the stage whose model proposes
    std::string scorer = "prm";  // the stage whose model scores, or "none"
    std::string from = "sft";    // the stage whose model learns
    int64_t problems = 6000;     // of the training side
    int64_t epochs = 2;
    std::string confirm = "none"; // learn all finished solutions, or with "verifier" those
                                  // whose answer is right
    int64_t dev_problems = 500;
    SearchFlags search;
    std::string world; // empty: the run's
};

// done.json says how many dev problems the teacher solves, and the student alone, and
// what that cost.
void describe(Flags& f, DistilOptions& o);
Outcome distil(const DistilOptions& options);

} // namespace qstar::train
