#pragma once
// A* against Q* when a state has more and more actions (2102.04518, its main claim).
//
// A* makes and rates all children of what it expands, Q* rates the parent and makes the
// children that it selects. For each set of actions both networks are trained alike (the same
// steps, batch, size) and both searches solve the same fresh states.

#include "engine/run/flags.h"
#include "eval/studies/puzzles.h"
#include "train/q_learning/deep_q.h"

#include <vector>

namespace qstar::eval {

struct ActionsOptions {
    ActionsOptions() { training.value.bound = "none"; } // both networks learn all of it
    train::DeepQOptions training;  // of both networks, in RUN/davi-SET and RUN/deep-q-SET
    search::PuzzleOptions options; // of both searches
    bool mirror = false;           // see search::Mirrored, for both
    std::vector<int> sets;         // lights-out: widths; cubes: turns in a composed action
    int64_t problems = 50;
    uint64_t seed = 1;
    bool quiet = false;
};
void describe(Flags& f, ActionsOptions& o);

// Trains what is not trained yet, measures, prints a table and the ratios, and writes
// RUN/actions.json, RUN/actions.md, and plots of states made and of seconds against the number of
// actions: RUN/actions-generated.svg, RUN/actions-seconds.svg.
void actions(const ActionsOptions& options);

} // namespace qstar::eval
