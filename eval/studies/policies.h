#pragma once
// Policies side by side: each alone with greedy decoding, and searches beside them.
//
// Self-play and distillation end in a policy that is deployed without a search. What it
// solves alone, and what the search solves that taught it, stands here on the same
// held-out problems.

#include "engine/run/flags.h"
#include "eval/measure/measure.h"
#include "train/data/searched.h"

#include <string>
#include <vector>

namespace qstar::eval {

struct PolicyOptions {
    std::string run = "runs/demo";
    uint64_t seed = 1;
    std::string split = "test"; // or "dev", for tuning
    int64_t problems = 1000;
    std::vector<std::string> policies; // stages; empty: all of the run that are known
    std::vector<std::string> searches; // "POLICY:SCORER", by `search`
    train::SearchFlags search;
    bool quiet = false;
};
void describe(Flags& f, PolicyOptions& o);

// A row a policy and a search, without its single results; budget 0 for greedy decoding. Error as
// by the ladder if a training text of the run holds one of the problems.
std::vector<Measured> measure_policies(const PolicyOptions& options);

// Measures, prints, and writes DIR/policies.json and DIR/policies.md.
void policies(const PolicyOptions& options);

} // namespace qstar::eval
