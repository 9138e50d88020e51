#pragma once
// The demo of the world countdown: experts' solutions, a policy, self-play with Q, and the
// Game of 24, which no training problem is of.

#include "eval/measure/demo_options.h"

namespace qstar::eval {

void countdown_demo(const DemoOptions& options);

} // namespace qstar::eval
