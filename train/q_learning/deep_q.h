#pragma once
// Deep Q-learning for Q* (Agostinelli et al., "A* Search Without Expansions: Learning Heuristic
// Functions with Deep Q-Networks", 2102.04518): a network with an output for each action,
// Q(s, a) = the cost of a and to go after it, from states that were scrambled backward from
// the goal,
//
//   y(s, a) = 1 + min over a' of Q'(A(s, a), a'), or 1 if that is the goal,
//
// where Q' is the target network. One evaluation of a state then says what A* would make and
// evaluate all of its children for.
//
// With a teacher, a value network that is trained already (by `davi`, or by `walk` of one turn an
// action, whatever the actions here), the target is what it says of the child,
//
//   y(s, a) = 1 + h(A(s, a)),
//
// which stands still: Q learns to know of all children what A* with that h would have to ask.

#include "train/q_learning/value_iteration.h"

#include <string>

namespace qstar::train {

struct DeepQOptions {
    ValueOptions value;
    int64_t each = 4;         // actions of each state that are learned from, drawn at random
    std::string teacher = {}; // stage of the run whose value network it is; empty: none
};

// Makes RUN/deep-q/model.safetensors.
void describe(Flags& f, DeepQOptions& o);
Outcome deep_q(const DeepQOptions& options);

} // namespace qstar::train
