#pragma once
// A* against Q* when a state has more and more actions (2102.04518, its main claim).
//
// A* makes and rates all children of what it expands, Q* rates the parent and makes the
// children that it selects. Both searches solve the same fresh states of each set of actions.
//
// By value iteration (`davi`, `deep-q`) both networks are trained alike for each set: the same
// steps, batch and size. By walks the value network is that of `train walk`, and it teaches the
// Q-network what it says of each child: both searches know the same, and only the price differs.
// The lengths of walks are in turns of a cube, so one value network serves all sets of products,
// and on a set of products of up to N turns, which cost 1 each, h counts for 1/N.

#include "engine/run/flags.h"
#include "eval/studies/puzzles.h"
#include "train/q_learning/deep_q.h"

#include <string>
#include <vector>

namespace qstar::eval {

struct ActionsOptions {
    ActionsOptions() { q.value.training.bound = "none"; } // both networks learn all of it
    train::DeepQOptions q; // of both networks, in RUN/davi-SET or RUN/walk-SET (cubes:
                           // RUN/walk-1), and RUN/deep-q-SET
    std::string learning = "value-iteration"; // or walks
    int64_t q_steps = 0;                      // of the Q-networks; 0: as many as of the others
    search::PuzzleOptions options;            // of both searches
    bool mirror = false;                      // see search::Mirrored, for both
    std::vector<int> sets; // lights-out: widths; cubes: turns in a composed action
    int64_t problems = 50;
    uint64_t seed = 1;
    bool quiet = false;
};
void describe(Flags& f, ActionsOptions& o);

// Trains what is not trained yet, measures, prints a table and the ratios, and writes
// RUN/actions.json, RUN/actions.md, and plots of states made, of seconds and of memory against the
// number of actions: RUN/actions-generated.svg, RUN/actions-seconds.svg, RUN/actions-memory.svg.
void actions(const ActionsOptions& options);

} // namespace qstar::eval
