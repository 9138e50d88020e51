#pragma once
// Stopping at a bad step: what a PRM saves while solutions are still being written.
//
// Best-of-N pays for every token of N solutions. A PRM has its doubts as soon as a step is
// written, so a solution whose step scores below a threshold need not be written to its
// end. If all N were given up, the one that was given up last of all, by its weakest step,
// is written to its end after all.

#include "engine/run/flags.h"
#include "eval/measure/interval.h"
#include "eval/measure/pool.h"
#include "eval/measure/table.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

struct StopRow {
    double threshold = 0; // 0: best-of-N without stopping
    int64_t solved = 0, n = 0;
    Interval interval;
    double tokens = 0;  // a problem: written, and read once each by the PRM
    double stopped = 0; // share of the solutions that were given up
};
// Best of each pool's first `samples` by the minimum of the scores of scorer 0. The prompt
// is written once a problem and read by the PRM once a solution (as the search's scorer
// does); a step costs its tokens twice, written and read.
StopRow stop_below(std::span<const Pool> pools, double threshold, int64_t samples);

struct EarlyStopOptions {
    PoolOptions pool{.problems = 500, .samples = 16, .scorers = {"prm"}};
    std::vector<double> thresholds{0, 0.1, 0.3, 0.5, 0.7, 0.9};
};
void describe(Flags& f, EarlyStopOptions& o);
Table table_of(std::span<const StopRow> rows);
std::string markdown(std::span<const StopRow> rows, const EarlyStopOptions& options);

// Measures, prints, and writes DIR/early-stop.json and DIR/early-stop.md.
void early_stop(const EarlyStopOptions& options);

} // namespace qstar::eval
