#pragma once
// The commands `qstar eval` and `qstar demo`.

#include "engine/run/command_line.h"

namespace qstar::eval {

Command command(); // its commands do the work and throw Errors
Command demo_command();
Command verify_command(); // of engine: what it computes are its bytes, over all floors

} // namespace qstar::eval
