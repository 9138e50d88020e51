#pragma once
// The command `qstar train`: every stage, with the flags that its options describe.

#include "engine/run/command_line.h"

namespace qstar::train {

// Its commands do the work and throw Errors. The seed is the program's --seed where it was given,
// else that of the run's folder.
Command command();

} // namespace qstar::train
