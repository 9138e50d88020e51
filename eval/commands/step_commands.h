#pragma once
// The commands `qstar eval best-of-n | early-stop | label-sources | active | policies`.

#include "engine/run/common.h"

namespace CLI {
class App;
}

namespace qstar::eval {

void add_step_commands(CLI::App& eval, const Common& common);

} // namespace qstar::eval
