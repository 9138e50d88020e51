#pragma once
// The commands `qstar engine import | export | complete`, which main.cpp puts among the engine's:
// they need tokenizers, which are a floor above.

#include "engine/run/command_line.h"

#include <vector>

namespace qstar::search {

std::vector<Command> exchange_commands();

} // namespace qstar::search
