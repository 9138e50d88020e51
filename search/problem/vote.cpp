#include "search/problem/vote.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace qstar::search {

std::vector<double> shares_of_bests(std::span<const double> scores,
                                    std::span<const int64_t> counts) {
    std::vector<size_t> order(scores.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return scores[a] > scores[b]; });
    const int64_t all = std::accumulate(counts.begin(), counts.end(), int64_t{0});
    const int64_t draws = std::llround(std::sqrt(static_cast<double>(all)));
    // That none of the first so many is drawn.
    const auto none_of = [&](int64_t first) {
        const double miss = static_cast<double>(all - first) / static_cast<double>(all);
        double probability = 1;
        for (int64_t i = 0; i < draws; ++i) probability *= miss;
        return probability;
    };
    std::vector<double> shares(scores.size());
    int64_t better = 0;
    for (const size_t i : order) {
        shares[i] = none_of(better) - none_of(better + counts[i]);
        better += counts[i];
    }
    return shares;
}

} // namespace qstar::search
