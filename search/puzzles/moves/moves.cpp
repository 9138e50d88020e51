#include "search/puzzles/moves/moves.h"

#include "engine/io/embedded_file.h"

#include <span>
#include <string>

namespace qstar::search {

std::span<const EmbeddedFile> moves_files(); // made by the build

std::string_view built_in_moves(std::string_view name) {
    return embedded_text(moves_files(), std::string(name) + ".json");
}

} // namespace qstar::search
