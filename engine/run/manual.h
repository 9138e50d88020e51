#pragma once
// The program's manual page, from what its commands and flags say of themselves.

#include "engine/run/command_line.h"

#include <string>

namespace qstar {

// qstar.1, in the macros `man` that groff and mandoc read. `version`: its first line is the page's
// foot.
std::string manual_page(const Command& program, const std::string& version);

// Text as roff prints it: its backslashes, quotes and minus signs are those of the text, and a line
// that begins with a full stop is none of its requests.
std::string roff(const std::string& text);

} // namespace qstar
