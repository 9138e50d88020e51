#pragma once
// A process reward model judged as one: does it name the first wrong step?
//
// The measure of ProcessBench (Zheng et al. 2024, 2412.06559): of the solutions with an error the
// share whose first wrong step is named exactly, of those without one the share that is passed,
// and the harmonic mean of both, F1. A step is held to be wrong if its score is below a threshold;
// the first of them is what is named.

#include "engine/run/flags.h"
#include "eval/measure/pool.h"
#include "eval/measure/table.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

struct FirstErrorRow {
    std::string scorer;               // stage of the PRM
    int64_t erroneous = 0, named = 0; // solutions with an error; those whose first is named
    int64_t flawless = 0, passed = 0; // solutions without one; those in which none is named
    double f1() const;                // 0 where one of both shares is 0
};

// The number of the first wrong step of each sample, from 1; 0: all are right; -1: left out
// (without an end, or a repetition of an earlier sample of the problem).
using WrongSteps = std::vector<std::vector<int>>;

// By the scores of scorer `which` of the pools.
FirstErrorRow count_first_errors(std::span<const Pool> pools, const WrongSteps& truth, size_t which,
                                 double threshold);

struct FirstErrorOptions {
    PoolOptions pool{.problems = 300, .samples = 8, .temperature = 1, .scorers = {"prm"}};
    double threshold = 0.5;
};
void describe(Flags& f, FirstErrorOptions& o);
Table table_of(std::span<const FirstErrorRow> rows);

// Measures, prints, and writes DIR/first-error.json and DIR/first-error.md.
void first_error(const FirstErrorOptions& options);

} // namespace qstar::eval
