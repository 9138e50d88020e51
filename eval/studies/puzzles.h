#pragma once
// How well puzzles are solved: fresh states, every method on the same ones, lengths against the
// shortest where these can be known.

#include "engine/run/flags.h"
#include "eval/studies/puzzle_rows.h"
#include "search/puzzle_command.h"

#include <string>
#include <vector>

namespace qstar::eval {

struct PuzzleEvalOptions {
    search::PuzzleSearch search; // which puzzle, heuristic, budgets; its method is not looked at
    std::vector<std::string> methods{"astar"};
    int64_t problems = 100;
    uint64_t seed = 1;
    std::string states;               // a file of states instead of fresh ones
    std::vector<std::string> results; // files of `qstar search --out` instead of searches
    std::string write;                // write the fresh states to this file
    std::string out;                  // write the rows of the table as JSON lines
};
void describe(Flags& f, PuzzleEvalOptions& o);

// States as the space draws them, from a stream of their own: no training sees it.
std::vector<search::State> fresh_states(const search::Space& space, int64_t n, uint64_t seed);

PuzzleRow measure(const search::Space& space, const search::PuzzleSearch& search,
                  const std::vector<search::State>& states, const std::vector<int64_t>& shortest,
                  bool quiet = false);

void puzzles(const PuzzleEvalOptions& options);

} // namespace qstar::eval
