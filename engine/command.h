#pragma once
// The command `qstar engine info | check | bench`.

#include "engine/run/common.h"

namespace CLI {
class App;
}

namespace qstar::engine {

// Adds the command to the program; its callbacks do the work and throw Errors.
void add_command(CLI::App& app, const Common& common);

} // namespace qstar::engine
