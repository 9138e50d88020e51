#pragma once
// The commands of the puzzles' value trainings: `qstar train davi` and `deep-q`.

#include "engine/run/common.h"

namespace CLI {
class App;
}

namespace qstar::train {

void add_puzzle_commands(CLI::App& app, const Common& common, CLI::App& group);

} // namespace qstar::train
