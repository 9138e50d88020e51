#pragma once
// hashes.txt, as it was when the program was built.

#include "engine/io/embedded_file.h"

#include <span>

namespace qstar::eval {

std::span<const EmbeddedFile> published_files();

} // namespace qstar::eval
