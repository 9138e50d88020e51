#pragma once
// `qstar train rank, reward, dpo`.

#include "engine/run/common.h"

namespace CLI {
class App;
}

namespace qstar::train {

void add_rank_commands(CLI::App& root, const Common& common, CLI::App& group);

} // namespace qstar::train
