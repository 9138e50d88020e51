#pragma once
// `qstar help`: the commands in one list, the manual page, the completions of the shells.

#include "engine/run/command_line.h"

#include <string>

namespace qstar {

// The command for a program that outlives it; `version` as --version prints it.
Command help_command(const Command& program, const std::string& version);

} // namespace qstar
