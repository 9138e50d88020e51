#pragma once
// A folder of its own for a test, gone with it, and the options of stages in it.

#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <unistd.h>

struct Temporary {
    std::string path;

    Temporary() {
        static int count = 0;
        path = (std::filesystem::temp_directory_path() /
                fmt::format("qstar-train-{}-{}", getpid(), count++))
                   .string();
        std::filesystem::create_directories(path);
    }
    ~Temporary() { std::filesystem::remove_all(path); }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
};

// A stage's options for a run in a test: its defaults, and no progress.
template <class Options>
Options quiet(const std::string& run) {
    Options options;
    options.run = run;
    options.quiet = true;
    return options;
}
