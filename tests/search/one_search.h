#pragma once
// One search of one problem, alone: over the steps of a table or over the states of a puzzle.

#include "search/algorithms/astar.h"
#include "search/algorithms/beam.h"
#include "search/algorithms/best_of_n.h"
#include "search/algorithms/greedy.h"
#include "search/algorithms/majority.h"
#include "search/algorithms/mcts.h"
#include "search/algorithms/qstar.h"
#include "search/spaces/puzzle_space.h"
#include "search/spaces/step_space.h"

#include <string>

namespace qstar::search {

// Runs an algorithm over a fresh space, and gives the space's result.
template <class Algorithm>
Result over_steps(Proposer& proposer, Scorer* scorer, const std::string& problem,
                  const Options& options, const Algorithm& run) {
    StepSpace space(proposer, scorer, problem, options);
    run(space);
    return space.finish();
}

inline Result greedy(Proposer& p, const std::string& problem, const Options& o) {
    return over_steps(p, nullptr, problem, o, [](StepSpace& space) { greedy(space); });
}
inline Result majority(Proposer& p, const std::string& problem, const Options& o) {
    return over_steps(p, nullptr, problem, o,
                      [&](StepSpace& space) { majority(space, o.shared.samples); });
}
inline Result best_of_n(Proposer& p, Scorer* s, const std::string& problem, const Options& o) {
    return over_steps(p, s, problem, o,
                      [&](StepSpace& space) { best_of_n(space, o.shared.samples, o.vote); });
}
inline Result beam(Proposer& p, Scorer* s, const std::string& problem, const Options& o) {
    return over_steps(p, s, problem, o,
                      [&](StepSpace& space) { beam(space, static_cast<size_t>(o.shared.width)); });
}
inline Result mcts(Proposer& p, Scorer* s, const std::string& problem, const Options& o) {
    return over_steps(p, s, problem, o, [&](StepSpace& space) { mcts(space, o.shared.explore); });
}
inline Result astar(Proposer& p, Scorer* s, const std::string& problem, const Options& o) {
    return over_steps(p, s, problem, o, [&](StepSpace& space) {
        astar(space, o.shared.weight, static_cast<size_t>(o.shared.batch));
    });
}
inline Result qstar_search(Proposer& p, Scorer* s, const std::string& problem, const Options& o) {
    return over_steps(p, s, problem, o, [&](StepSpace& space) {
        qstar_search(space, o.shared.weight, static_cast<size_t>(o.shared.batch));
    });
}

} // namespace qstar::search
