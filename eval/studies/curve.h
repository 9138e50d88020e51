#pragma once
// Solved against tokens, on a run of any text world: greedy, best of N, the weighted vote, beam,
// MCTS and A* with the PRM, and Q* with the learned Q, each at the same list of budgets.
//
// Where the world's goal is public and the run has no PRM, the methods do without: best of N ends
// at the first sample that reaches the goal, beam and A* follow the policy alone, MCTS asks the Q.
// Right solutions are compared in length with the shortest (World::shortest).

#include "engine/run/flags.h"
#include "engine/text/json.h"
#include "eval/measure/measure.h"
#include "eval/measure/table.h"
#include "search/worlds/problems.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace qstar::eval {

struct CurveOptions {
    std::string run = "runs/demo";
    uint64_t seed = 1;
    std::string split = "test"; // or "dev", for tuning
    int64_t problems = 300;
    std::string file;         // problems from here instead, the first `problems` of it
    search::ProblemForm form; // of the file
    std::vector<int64_t> budgets{150, 300, 600, 1200, 2400, 4800}; // tokens a problem
    std::string policy = "sft", prm = "prm", q = "q";              // stages; "none": without
    std::vector<std::string> methods; // of the names below; empty: all that the run allows
    SearchSettings search = {};
    bool quiet = false;
};
void describe(Flags& f, CurveOptions& o);

struct CurveRow : Measured {
    std::string scorer;          // the scorer's stage, or "none"
    double median_tokens = 0;    // a problem, really spent
    int64_t spent = 0;           // problems whose search ended with its budget
    double length = 0;           // of right solutions, on average: steps
    std::optional<double> least; // what they could be; none where nobody knows
    int64_t as_short = 0;        // right solutions that are as short as can be
};

// Error if a training text of the run holds one of the problems, also one from a file.
std::vector<CurveRow> measure_curve(const CurveOptions& options);

Table table_of(const std::vector<CurveRow>& rows);
std::string markdown(const std::vector<CurveRow>& rows, const CurveOptions& options);

// Measures, prints, and writes DIR/curve.json, DIR/curve.md and DIR/curve.svg.
void curve(const CurveOptions& options);

} // namespace qstar::eval
