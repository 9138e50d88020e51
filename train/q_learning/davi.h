#pragma once
// Deep approximate value iteration (DAVI; Agostinelli et al., "Solving the Rubik's Cube with
// Deep Reinforcement Learning and Search", 2019, algorithm 1): a network h(s) of the cost to go,
// from states that were scrambled backward from the goal,
//
//   y(s) = 0 at the goal, else min over the actions a of 1 + h'(A(s, a)),
//
// where h' is the target network and 0 at the goal. Nothing but the rules of the puzzle is
// known: no solution is shown.

#include "train/q_learning/value_iteration.h"

namespace qstar::train {

// Makes RUN/davi/model.safetensors.
Outcome davi(const ValueOptions& options);

} // namespace qstar::train
