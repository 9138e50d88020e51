#pragma once
// The commands of the stages that learn from where steps lead: rollout, select, q, star,
// self-play, distil.

#include "engine/run/common.h"

namespace CLI {
class App;
}

namespace qstar::train {

void add_step_commands(CLI::App& app, const Common& common, CLI::App& group);

} // namespace qstar::train
