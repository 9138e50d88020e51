#pragma once
// The command `qstar search`.

#include "engine/run/common.h"

namespace CLI {
class App;
}

namespace qstar::search {

// Adds the command to the program. Its callback does the work; it writes results to
// stdout or a file, progress to stderr, and throws Errors.
void add_command(CLI::App& app, const Common& common);

} // namespace qstar::search
