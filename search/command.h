#pragma once
// The command `qstar search`.

#include "engine/run/command_line.h"

namespace qstar::search {

// It does the work: writes results to stdout or a file, progress to stderr, and throws Errors.
Command command();

} // namespace qstar::search
