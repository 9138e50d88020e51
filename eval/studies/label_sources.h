#pragma once
// PRMs from several sources of labels, side by side, and what the labels cost.
//
// The same solutions are labelled by the verifier (every step up to the first error), by
// simulated people who get a label wrong at a rate (train/annotation/label.h), by roll-outs
// (Math-Shepherd, hard and soft) and by binary search for the first error (OmegaPRM); one PRM
// learns from each; all choose from the same pool.

#include "engine/run/flags.h"
#include "eval/studies/best_of_n.h"

#include <string>
#include <vector>

namespace qstar::eval {

struct LabelSourcesOptions {
    PoolOptions pool{.problems = 300, .samples = 64};
    int64_t solutions = 6000;        // labelled by each source
    int64_t rollouts = 8;            // of each prefix
    std::vector<double> people{0.1}; // rates of wrong labels, one simulated person each
    std::vector<int64_t> sizes{4, 16, 64};
    int64_t shuffles = 400;
    std::vector<std::string> extra; // further sources, "people=FILE" (train/data/labels.h)
};
void describe(Flags& f, LabelSourcesOptions& o);

struct LabelSource {
    std::string name;
    int64_t labels = 0;     // of steps
    int64_t judgements = 0; // of a step by a person, or of a final answer
    int64_t tokens = 0;     // of roll-outs
    double agreement = 0;   // share of solutions whose first error, or that there is none, is
                            // what the verifier says; -1 for other solutions
    std::string prm;        // the stage of its PRM
};

// All of it in DIR/label-sources: labels, PRMs, table.json and table.md. Interrupted, it
// goes on.
void label_sources(const LabelSourcesOptions& options);

} // namespace qstar::eval
