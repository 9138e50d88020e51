#pragma once
// A folder of its own for a test, gone with it.

#include "engine/io/files.h"
#include "engine/io/temporary_folder.h"

#include <string>
#include <string_view>

struct Temporary {
    const qstar::TemporaryFolder folder{"test"};
    const std::string& path = folder.path();

    Temporary() = default;
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;

    std::string operator/(const std::string& name) const { return qstar::join_path(path, name); }

    // Writes a file into the folder and gives its path.
    std::string file(const std::string& name, std::string_view text) const {
        const std::string written = *this / name;
        qstar::write_file_atomic(written, text);
        return written;
    }
};
