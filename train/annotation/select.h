#pragma once
// Active selection: which solutions are worth a person's labels?
//
// Lightman et al., "Let's Verify Step by Step" (2023), section 4.2: a labeller learns little
// from solutions that are obviously wrong. So a small PRM, the selector, scores all
// samples, and of each problem those are picked that it finds convincing: 80 % of them
// solutions with a wrong answer, the rest the most convincing of what is left. The paper
// found that this makes labels 2.6 times as useful; `qstar eval active` measures ours.
//
//   DIR/samples/solutions.jsonl -> DIR/select/solutions.jsonl

#include "search/models/scorer.h"
#include "train/data/labels.h"
#include "train/run/run.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct SelectOptions {
    StageOptions stage;
    std::string scorer = "prm"; // the stage of the selector
    std::string solutions;      // a file; empty: the one that `qstar train sample` wrote
    int64_t each = 1;           // solutions picked of a problem
    double wrong = 0.8;         // share of convincing wrong answers
    int64_t limit = 0;          // of the first so many solutions only; 0: all
    std::string world;          // empty: the run's
};

// The file's form is that of its input, and its order.
void describe(Flags& f, SelectOptions& o);
void select(const SelectOptions& options);

struct Candidate {
    size_t problem = 0; // candidates of one problem stand together
    double score = 0;   // of the selector: the product over the steps
    bool right = false; // the answer, by the verifier
};
// The numbers of the picked candidates, in order. Over all picks the share of wrong answers
// is kept at `wrong`; where a problem has no wrong one left, its most convincing other is
// taken. Of equal scores the first.
std::vector<size_t> select_convincing(std::span<const Candidate> candidates, int64_t each,
                                      double wrong);

// Scores by the selector: the product of the steps' scores, in order.
std::vector<double> convincing_scores(search::Scorer& scorer,
                                      std::span<const SampledSolution> solutions);

} // namespace qstar::train
