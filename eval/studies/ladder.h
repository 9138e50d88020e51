#pragma once
// The ladder: what each stage and each search method solves, at equal cost.
//
// All entries solve the same held-out problems, which no training text of the run shows
// as any line (checked here against the run's own files, not assumed). Those that
// search get the same budget of model tokens a problem, proposed and scored. The
// verifier sees the answers only when solving is over.

#include "engine/run/flags.h"
#include "engine/text/jsonl.h"
#include "eval/measure/measure.h"
#include "eval/measure/table.h"
#include "train/data/class/side.h"

#include <string>
#include <vector>

namespace qstar::eval {

struct LadderOptions {
    std::string run = "runs/demo";
    uint64_t seed = 1;
    std::string split = "test"; // or "dev", for tuning
    int64_t problems = 1000;
    std::vector<int64_t> budgets{300, 600}; // tokens a problem
    SearchSettings search = {};
    std::string policy = "sft";        // the stage whose model searches
    std::vector<std::string> policies; // stages whose models answer greedily, beside sft's
    bool quiet = false;
};
void describe(Flags& f, LadderOptions& o);

struct Ladder {
    std::vector<Measured> rows; // without their single results
    Json example;               // one solved problem with its steps and scores
    int64_t training_lines = 0; // that were compared with the problems
};

// Error if a training text of the run holds one of the problems, naming both.
Ladder measure_ladder(const LadderOptions& options);

// A row a solver: method, budget, solved with its interval, tokens, expanded, seconds.
Table table_of(const std::vector<Measured>& rows);
std::string markdown(const Ladder& ladder, const LadderOptions& options);

// Measures, prints, and writes DIR/ladder.json and DIR/ladder.md.
void ladder(const LadderOptions& options);

} // namespace qstar::eval
