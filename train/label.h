#pragma once
// Labelling: the verifier in the place of people.
//
//   DIR/samples/solutions.jsonl -> DIR/labels/outcomes.jsonl, DIR/labels/steps.jsonl
// Outcome labels look at the final answer only; step labels stop at the first error.
// Files by people of the same form (labels.h) do as well: `qstar train prm --labels`.

#include "train/labels.h"
#include "train/run.h"

namespace qstar::train {

struct LabelOptions : StageOptions {
    std::string judge = "verifier";
    std::string format = "prm800k"; // of steps.jsonl: "prm800k" or "trl"
    std::string world = "arithmetic";
};

// Solutions without an end have no answer to judge and are left out of both files, so
// that ORM and PRM are trained on the same ones.
void label(const LabelOptions& options);

// The labels of the steps up to and including the first error.
LabelledSolution judge_steps(const search::World& world, const SampledSolution& solution);

} // namespace qstar::train
