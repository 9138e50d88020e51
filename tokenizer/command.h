#pragma once
// The command `qstar tokenizer train | encode | decode | info`.

#include "engine/run/command_line.h"

namespace qstar::tokenizer {

// Its commands do the work; they write results to stdout, times to stderr, and throw Errors.
Command command();

} // namespace qstar::tokenizer
