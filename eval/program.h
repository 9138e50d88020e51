#pragma once
// The whole program: every command of every floor, but for `help`, which lists them.

#include "engine/run/command_line.h"

#include <cstdint>
#include <optional>
#include <string>

namespace qstar::eval {

// What every command takes.
struct ProgramOptions {
    std::optional<uint64_t> seed{};
    int threads = 0;
    std::string device = "cpu";
};

// The options must live as long as the command.
Command program(ProgramOptions& options);

} // namespace qstar::eval
