#pragma once
// Labels of steps from roll-outs: nobody looks at a step, only at where it leads.
//
// A step is as good as what the policy still makes of it. From the path up to the step
// the policy completes N solutions, and of each only the final answer is judged:
//
//   soft estimate: the share of completions that end in the right answer
//   hard estimate: 1 if any of them does, else 0
//
// (Wang et al., "Math-Shepherd: Verify and Reinforce LLMs Step-by-step without Human
// Annotations", 2023, equations 3 and 4). The first step whose hard estimate is 0 is
// taken for the first error, and as in PRM800K nothing after it is labelled. If only the
// first error is wanted, a binary search over the steps finds it with log2 of the
// solution's length estimates (Luo et al., "Improve Mathematical Reasoning in Language
// Models by Automated Process Supervision", 2024, OmegaPRM, section 3.2).
//
//   DIR/samples/solutions.jsonl -> DIR/rollout/steps.jsonl, DIR/rollout-binary/steps.jsonl
// The lines are in TRL's stepwise form with three fields more that it ignores:
//   {"prompt": ..., "completions": [...], "labels": [true, false], "soft_labels": [0.75, 0],
//    "rollouts": 16, "rollout_tokens": 310}
// "soft_labels" only from `all`; the last two are what these labels cost.

#include "search/models/proposer.h"
#include "train/data/labels.h"
#include "train/run/run.h"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct RolloutOptions {
    StageOptions stage;
    std::string search = "all"; // estimate every step, or "binary"
    int64_t rollouts = 8;       // completions of each prefix
    double temperature = 0.7;
    std::string from = "sft"; // the stage whose model completes
    std::string solutions;    // a file; empty: the one that `qstar train sample` wrote
    int64_t limit = 0;        // use only the first so many of them; 0: all
    std::string name;         // folder in the run; empty: "rollout" or "rollout-binary"
    std::string world;        // empty: the run's
};

// Solutions without an end are left out, as by `label`.
void describe(Flags& f, RolloutOptions& o);
void rollout(const RolloutOptions& options);

// Whether a finished solution has the right answer; all that is ever asked about it.
using RightAnswer = std::function<bool(const search::Path&)>;

// Completes prefixes and counts the right ones. Equal prefixes are completed once, by a
// random stream that is made from their text: an estimate does not depend on the others.
class RolloutEstimator {
  public:
    RolloutEstimator(search::Proposer& proposer, RightAnswer right, int rollouts,
                     float temperature);

    struct Estimate {
        int right = 0;        // of rollouts()
        int64_t rollouts = 0; // completed for this request: 0 if it was known or is finished
        int64_t tokens = 0;
    };
    // One estimate a prefix, in order, from one batch. A finished path is judged by its
    // own answer, all right or none.
    std::vector<Estimate> estimate(std::span<const search::Path> prefixes);
    int rollouts() const { return rollouts_; }

  private:
    search::Proposer& proposer_;
    RightAnswer right_;
    int rollouts_;
    float temperature_;
    std::map<std::string, int> known_; // text of the prefix -> right
};

struct RolloutLabels {
    SampledSolution solution;
    size_t sound = 0;        // steps before the first error; all of them if there is none
    std::vector<float> soft; // of the labelled steps (math_shepherd)
    int64_t rollouts = 0, tokens = 0;
};
Json json_of(const RolloutLabels& labels);

// Estimates every step up to the first whose hard estimate is 0.
std::vector<RolloutLabels> math_shepherd(RolloutEstimator& estimator,
                                         std::span<const SampledSolution> solutions);

// The first error of each solution with a wrong answer by binary search; one with the
// right answer counts as sound and costs nothing.
std::vector<RolloutLabels> first_errors(RolloutEstimator& estimator, const RightAnswer& right,
                                        std::span<const SampledSolution> solutions);

} // namespace qstar::train
