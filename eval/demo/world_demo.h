#pragma once
// The demo of a world that has no demo of its own: a short road with the stages' own defaults, and
// the ladder at its end.

#include "eval/measure/demo_options.h"

namespace qstar::eval {

void world_demo(const DemoOptions& options);

} // namespace qstar::eval
