#pragma once
// `qstar eval puzzles`, `qstar eval actions`, and the demo of a puzzle.

#include "engine/run/common.h"

#include <string>

namespace CLI {
class App;
}

namespace qstar::eval {

void add_puzzle_commands(CLI::App& eval, const Common& common);

// From nothing to a trained solver of Lights Out 5x5: trains a value and a Q-network, solves 100
// fresh states by every search with them, prints the table. Error for another world.
void puzzle_demo(const std::string& world, const std::string& run, uint64_t seed, bool quick);

} // namespace qstar::eval
