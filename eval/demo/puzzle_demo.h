#pragma once
// The demo of a puzzle.

#include <cstdint>
#include <string>

namespace qstar::eval {

// From nothing to a trained solver of Lights Out 5x5: trains a value and a Q-network, solves 100
// fresh states by every search with them, prints the table. Error for another world.
void puzzle_demo(const std::string& world, const std::string& run, uint64_t seed, bool quick);

} // namespace qstar::eval
