#pragma once
// The files of the page (eval/serve/page), built into the program.

#include "engine/io/embedded_file.h"

#include <span>

namespace qstar::eval {

std::span<const EmbeddedFile> page_files();

} // namespace qstar::eval
