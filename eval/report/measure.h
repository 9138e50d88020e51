#pragma once
// What the report measures itself: the calibration of each reward model, and some held-out
// problems, solved in three ways, with every step's scores and the tree of the search.

#include "engine/run/flags.h"
#include "engine/text/json.h"

#include <cstdint>
#include <string>

namespace qstar::eval {

struct MeasureOptions {
    std::string run = "runs/demo";
    uint64_t seed = 1;
    int64_t problems = 200; // held-out, for the calibration
    int64_t samples = 8;    // solutions of each
    int64_t looked_at = 80; // held-out problems, solved by a search, to choose the shown from
    int64_t shown = 8;
    int64_t budget = 600; // of the searches, tokens a problem
    bool quiet = false;
    bool verify = false; // compare the page that is there instead (verify_report)
};

void describe(Flags& f, MeasureOptions& o);

// {"options": {...},
//  "calibration": {STAGE: calibration.h's, of orm, prm, q and q-self-play, if there},
//  "problems": [{"problem", "truth", "solutions": [{"method", "answer", "right", "tokens",
//     "steps": [{"text", "prm", "orm", "label"}]}], "expanded", "generated", "tree": [...]}]}
// A label is null behind a solution's first error; the tree is tree.h's.
// Without orm, prm or sft the parts that need them are left out. Error as by the ladder if a
// training text of the run holds one of the problems.
Json measure_report(const MeasureOptions& options);

} // namespace qstar::eval
