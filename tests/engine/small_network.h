#pragma once
// A small network of the puzzles, and rows for it.

#include "engine/nn/mlp.h"

namespace qstar::engine::small_network {

inline constexpr MlpConfig kNetwork{.inputs = 7, .width = 12, .blocks = 1, .outputs = 3};
inline constexpr int64_t kRows = 9;

// A network whose weights are all drawn, so that none of its layers is silent.
inline Mlp network() {
    Mlp model(kNetwork, Random(4, "vulkan/mlp"));
    Random random(5, "vulkan/mlp");
    for (Parameter& p : model.parameters) {
        for (float& x : p.value.values()) x = static_cast<float>(random.normal());
    }
    return model;
}

// All rows differ; the first has no feature on, the last has all.
inline Bags features() {
    Bags rows;
    for (int64_t r = 0; r < kRows; ++r) {
        for (int i = 0; i < kNetwork.inputs; ++i) {
            if (r == kRows - 1 || (r * 5 >> i & 1) != 0) rows.on.push_back(i);
        }
        rows.first.push_back(static_cast<int>(rows.on.size()));
    }
    return rows;
}

inline std::vector<float> evaluated(const Mlp& model, const Bags& x) {
    std::vector<float> out(static_cast<size_t>(x.rows() * kNetwork.outputs));
    evaluate(model, x, out.data());
    return out;
}

} // namespace qstar::engine::small_network
