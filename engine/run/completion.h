#pragma once
// What a shell offers for the word under the cursor, from what the commands and flags say of
// themselves: the commands, their flags, the words that a flag takes, or files and folders.

#include "engine/run/command_line.h"

#include <string>

namespace qstar {

// A file to be sourced, or read by bash-completion; of bash 3.2 and later.
std::string bash_completion(const Command& program);

// A file "_qstar" in a folder of zsh's $fpath.
std::string zsh_completion(const Command& program);

} // namespace qstar
