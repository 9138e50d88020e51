#pragma once
// Sampling: the tuned model solves training problems, several times each.
//
//   DIR/samples/solutions.jsonl  {"problem": ..., "steps": [...], "finished": true}
// These are what people (or the verifier in their place) put labels on; ORM and PRM
// learn from the same ones.

#include "search/models/proposer.h"
#include "search/worlds/problems.h"
#include "train/data/labels.h"
#include "train/run/run.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct SampleOptions {
    StageOptions stage;
    int64_t problems = 30'000; // different ones, of the training side
    int64_t samples = 8;       // solutions of each
    double temperature = 0.7;
    int min_operands = 3;     // 0: as in the corpus
    std::string from = "sft"; // the stage whose model solves
    bool distinct = true;     // keep equal solutions of a problem only once
    std::string file;         // of problems (search/worlds/problems.h), instead of drawing them
    search::ProblemForm form; // of the file
    std::string world;        // of the file's problems; empty: the run's
    int step_tokens = 48;     // of a step at most
    bool calculator = false;  // see search/models/proposer.h
};

// Interrupted, it goes on with the problems that are not yet solved. A solution with a
// held-out line (split.h) is left out; one without an end is kept, "finished": false.
void describe(Flags& f, SampleOptions& o);
void sample(const SampleOptions& options);

// The solutions of some problems; a problem's random stream is its number, `first` on.
std::vector<SampledSolution> solve_problems(search::Proposer& proposer,
                                            std::span<const std::string> problems, int64_t first,
                                            const SampleOptions& options);

} // namespace qstar::train
