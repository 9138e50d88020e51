#pragma once
// A network, or a formula, as a search uses it on a space: for many states at once, how
// far the goal is.

#include "search/problem/space.h"

#include <memory>

namespace qstar::search {

// The cost to go, for A*: states (n, state_bytes) one behind another -> h (n).
struct Heuristic {
    virtual ~Heuristic() = default;
    virtual void cost_to_go(const uint8_t* states, int64_t n, float* h) = 0;
};

// The cost of each action and to go after it, for Q*: states -> q (n, actions). What stands
// for an action that is not legal is not looked at.
struct QFunction {
    virtual ~QFunction() = default;
    virtual void q_values(const uint8_t* states, int64_t n, float* q) = 0;
};

// The space's own lower bound.
struct LowerBound : Heuristic {
    const Space& space;
    explicit LowerBound(const Space& s) : space(s) {}
    void cost_to_go(const uint8_t* states, int64_t n, float* h) override;
};

// Q by looking one step ahead: 1 + h of every child. What a Q-network saves.
struct OneStepQ : QFunction {
    const Space& space;
    Heuristic& heuristic;
    OneStepQ(const Space& s, Heuristic& h) : space(s), heuristic(h) {}
    void q_values(const uint8_t* states, int64_t n, float* q) override;
};

} // namespace qstar::search
