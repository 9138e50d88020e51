#include "search/heuristic.h"

namespace qstar::search {

void LowerBound::cost_to_go(const uint8_t* states, int64_t n, float* h) {
    const size_t bytes = space.state_bytes();
    for (int64_t i = 0; i < n; ++i)
        h[i] = static_cast<float>(space.lower_bound(states + static_cast<size_t>(i) * bytes));
}

void OneStepQ::q_values(const uint8_t* states, int64_t n, float* q) {
    const size_t bytes = space.state_bytes();
    const int64_t actions = space.actions();
    std::vector<uint8_t> children;
    std::vector<int64_t> place; // of each child in q
    for (int64_t i = 0; i < n; ++i) {
        const uint8_t* state = states + static_cast<size_t>(i) * bytes;
        for (int64_t a = 0; a < actions; ++a) {
            if (!space.legal(state, static_cast<int>(a))) continue;
            children.insert(children.end(), state, state + bytes);
            space.apply(children.data() + children.size() - bytes, static_cast<int>(a));
            place.push_back(i * actions + a);
        }
    }
    std::vector<float> h(place.size());
    heuristic.cost_to_go(children.data(), static_cast<int64_t>(h.size()), h.data());
    for (size_t i = 0; i < h.size(); ++i)
        q[place[i]] = space.solved(children.data() + i * bytes) ? 1.0f : 1.0f + h[i];
}

} // namespace qstar::search
