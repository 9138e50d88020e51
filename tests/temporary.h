#pragma once
// A folder of its own for a test, gone with it.

#include "engine/io/files.h"

#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <unistd.h>

struct Temporary {
    std::string path;

    Temporary() {
        static int count = 0;
        path = (std::filesystem::temp_directory_path() /
                fmt::format("qstar-test-{}-{}", getpid(), count++))
                   .string();
        std::filesystem::create_directories(path);
    }
    ~Temporary() { std::filesystem::remove_all(path); }
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
