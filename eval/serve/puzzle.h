#pragma once
// Puzzles on the page: which there are, how a move changes them, and how they are solved.
//
//   GET /api/puzzles            [{"title", "world", "size", "goal", "moves"}]; "moves" of cubes:
//                               {"U": [20, ...]}, what a turn takes to each place
//   GET /api/puzzle?world=&size=&state=   {"method", "steps", "states", "expanded", "seconds"}:
//                               the steps by name and the states after them
//
// A network of the puzzle in the run (walk, davi or deep-q) guides a beam. Without one a sliding
// puzzle is solved by A* with the walking distance, Lights Out by linear algebra and the 2x2x2 by
// the table of all its states, and each answer says which; the 3x3x3 is refused.

#include "engine/text/json.h"

#include <map>
#include <string>

namespace qstar::eval {

Json puzzles_json();

// Error in a sentence for what is no state, and for a puzzle that nothing here solves.
Json solve_puzzle_json(const std::string& run, const std::map<std::string, std::string>& query);

} // namespace qstar::eval
