#pragma once
// The cost to go of a puzzle from random walks (CayleyPy: Chervov et al., "A Machine Learning
// Approach That Beats Large Rubik's Cubes", 2502.13266): the network learns how many moves a walk
// from the goal had taken when it came to the state,
//
//   y(s) = k of the k-th state of a walk, none of whose moves undoes the one before.
//
// That is no distance, as walks go astray, but it grows with it, and a beam asks only which of two
// states is nearer. There is no Bellman step: no target network, no children, one evaluation an
// example.
//
// The Q form has an output for each action and learns of all of a state's neighbours at once: the
// one that the walk came from is its (k-1)-th state, and every other one might be its (k+1)-th,
//
//   y(s, a) = 1 + (k - 1) of the action that goes back, else 1 + (k + 1).
//
// So what tells the actions of a state apart is how likely each of them goes back. One evaluation
// then rates all children of a state: a beam of W asks for W of them, not W times the actions.

#include "train/q_learning/puzzle_training.h"

namespace qstar::train {

struct WalkOptions {
    PuzzleTrainingOptions training;
    bool q = false; // an output for each action
};
void describe(Flags& f, WalkOptions& o);

// Makes RUN/walk/model.safetensors.
Outcome walk(const WalkOptions& options);

} // namespace qstar::train
