#pragma once
// `qstar train ppo` and `qstar train grpo`.

#include "engine/run/common.h"

namespace CLI {
class App;
}

namespace qstar::train {

void add_rl(CLI::App& root, const Common& common, CLI::App& group);

} // namespace qstar::train
