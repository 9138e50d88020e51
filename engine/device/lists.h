#pragma once
// Entries grouped by where they go: what Device::sum_lists adds up without two writers of a row.

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace qstar::engine {

struct Lists {
    std::vector<int> first, order; // list i: order[first[i]], ..., order[first[i + 1] - 1]
};

// List i names the entries j, of 0 .. entries-1, with target(j) = i, in ascending order.
template <class Target>
Lists lists_of(int64_t lists, int64_t entries, Target target) {
    Lists made;
    made.first.resize(static_cast<size_t>(lists) + 1);
    made.order.resize(static_cast<size_t>(entries));
    for (int64_t j = 0; j < entries; ++j) ++made.first[static_cast<size_t>(target(j)) + 1];
    std::partial_sum(made.first.begin(), made.first.end(), made.first.begin());
    std::vector<int> next(made.first);
    for (int64_t j = 0; j < entries; ++j)
        made.order[static_cast<size_t>(next[static_cast<size_t>(target(j))]++)] =
            static_cast<int>(j);
    return made;
}

} // namespace qstar::engine
