#pragma once
// PUCT: by what a tree search walks down (Rosin 2011; Silver et al. 2017).

#include <cmath>

namespace qstar::search {

// U = value + explore * prior * sqrt(N) / (1 + n): what an action has shown, and what is still
// to be expected of it. `value` in [0, 1] is the mean of what was backed up through it, N the
// visits of the state, n its own.
inline double puct(double value, double prior, double state_visits, double visits, double explore) {
    return value + explore * prior * std::sqrt(state_visits) / (1 + visits);
}

} // namespace qstar::search
