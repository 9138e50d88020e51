#pragma once
// The commands `qstar eval ladder` and `qstar demo`.

#include "engine/run/common.h"

namespace CLI {
class App;
}

namespace qstar::eval {

// Adds the commands to the program; their callbacks do the work and throw Errors.
void add_command(CLI::App& app, const Common& common);

} // namespace qstar::eval
