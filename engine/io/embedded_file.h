#pragma once
// Files that are built into the program (qstar_embed in CMakeLists.txt).

#include <span>
#include <string_view>

namespace qstar {

struct EmbeddedFile {
    std::string_view name; // "index.html"
    std::string_view text;
};

// The text of the file of that name; empty: there is none.
inline std::string_view embedded_text(std::span<const EmbeddedFile> files, std::string_view name) {
    for (const EmbeddedFile& file : files)
        if (file.name == name) return file.text;
    return {};
}

} // namespace qstar
