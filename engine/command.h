#pragma once
// The command `qstar engine info | check`; eval/bench adds `bench`.

#include "engine/run/command_line.h"

namespace qstar::engine {

Command command(); // its commands do the work and throw Errors

} // namespace qstar::engine
