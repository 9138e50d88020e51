#include "search/models/heuristic.h"

#include "engine/base/parallel.h"

#include <vector>

namespace qstar::search {

void LowerBound::cost_to_go(const uint8_t* states, int64_t n, float* h) {
    const size_t bytes = space.state_bytes();
    engine::parallel_for(n, 256, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
            h[i] = static_cast<float>(space.lower_bound(states + static_cast<size_t>(i) * bytes));
    });
}

void OneStepQ::q_values(const uint8_t* states, int64_t n, float* q) {
    const size_t bytes = space.state_bytes();
    const Children children = children_of(space, {states, static_cast<size_t>(n) * bytes});
    const size_t count = children.parent.size();
    std::vector<float> h(count);
    heuristic.cost_to_go(children.states.data(), static_cast<int64_t>(count), h.data());
    for (size_t i = 0; i < count; ++i) {
        const bool solved = space.solved(children.states.data() + i * bytes);
        q[children.parent[i] * space.actions() + children.action[i]] = solved ? 1.0f : 1.0f + h[i];
    }
}

} // namespace qstar::search
