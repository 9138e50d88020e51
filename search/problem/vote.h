#pragma once
// How one of N scored solutions is chosen.

#include <cstdint>
#include <span>
#include <vector>

namespace qstar::search {

enum class Vote {
    best,     // the solution with the highest score
    weighted, // the answer whose solutions' scores have the largest sum (Li et al. 2023)
    bests     // majority of the bests: the answer that is most often the best of sqrt(N)
};

// Majority of the Bests (2511.18630): how often each of these solutions, drawn counts[i] times, is
// the one of the highest score among sqrt(N) that are drawn from the N with replacement. They sum
// to 1; of equal scores the first is the higher. A judge that is fooled by one solution in thirty
// takes it nearly always out of 64, and seldom out of 8. (The paper also adapts the number; here it
// is the root, rounded.)
std::vector<double> shares_of_bests(std::span<const double> scores,
                                    std::span<const int64_t> counts);

} // namespace qstar::search
