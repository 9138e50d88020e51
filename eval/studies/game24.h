#pragma once
// The Game of 24: all hands of four numbers from 1 to 13 that can make 24, 1,362 of 1,820,
// solved by a run of the world countdown that was never trained on the target 24.
//
// The goal is public, so every search ends when it reaches it, and one run of a method at
// the largest budget is its whole curve: what it had solved after so many tokens.

#include "engine/run/flags.h"
#include "eval/measure/interval.h"
#include "eval/measure/measure.h"
#include "search/models/method.h"

#include <cstdint>
#include <string>
#include <vector>

namespace qstar::eval {

struct Game24Options {
    std::string run = "runs/countdown";
    uint64_t seed = 1;
    std::string policy = "self-play";   // the stage whose model proposes
    std::string scorer = "q-self-play"; // the stage whose Q guides Q*; "none": without it
    std::vector<int64_t> budgets{50, 100, 200, 400, 800, 1600, 3200, 6400}; // tokens a hand
    int64_t hands = 0; // every so many-th only, so that there are so many; 0: all
    SearchSettings search{.proposals = 4, .weight = 1, .temperature = 1};
    bool quiet = false;
};
void describe(Flags& f, Game24Options& o);

// The solvable hands, as problems, in order.
std::vector<std::string> hands_of_24();

struct Game24Row {
    std::string method;
    std::vector<int64_t> solved; // after each of the budgets
    int64_t n = 0;
    Interval interval;           // of the share solved at the last budget
    double median_tokens = 0;    // a hand
    double median_proposals = 0; // steps drawn for a hand
    double expanded = 0;         // paths a hand, on average
    double seconds = 0;          // for all hands
};

// What of `results` was solved after each budget, and at what cost.
Game24Row row_of(const std::string& method, const std::vector<search::Result>& results,
                 const std::vector<bool>& solved, const std::vector<int64_t>& budgets);

// Measures greedy, best-of-N, beam, A* and Q*, prints, and writes DIR/game24.json and
// DIR/game24.md. Error if a training text of the run holds one of the hands, or the run is
// of another world.
void game24(const Game24Options& options);

} // namespace qstar::eval
