#pragma once

#include "search/puzzles/pocket_cube.h"
#include "search/spaces/node_table.h"

#include <cstdint>

namespace qstar::tests {

// The distance of the 2x2x2 with an error of up to `wrong` either way that hangs on the state.
struct Wrong : search::Heuristic {
    const search::PocketCube& table;
    float wrong;
    Wrong(const search::PocketCube& t, float w) : table(t), wrong(w) {}
    void cost_to_go(const uint8_t* states, int64_t n, float* h) override {
        for (int64_t i = 0; i < n; ++i) {
            const uint8_t* state = states + 24 * i;
            const auto part = static_cast<float>(search::state_hash(state, 24) % 1000) / 500 - 1;
            h[i] = static_cast<float>(table.distance(state)) + wrong * part;
        }
    }
};

} // namespace qstar::tests
