#pragma once
// The command `qstar train corpus | pretrain | sft | sample | label | orm | prm`.

#include "engine/run/common.h"

namespace CLI {
class App;
}

namespace qstar::train {

// Adds the command to the program. Its callbacks do the work and throw Errors. The seed
// is the program's --seed where it was given, else that of the run's folder.
void add_command(CLI::App& app, const Common& common);

} // namespace qstar::train
