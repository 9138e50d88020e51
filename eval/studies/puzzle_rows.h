#pragma once
// A row of a table of puzzles: what one search did on all states, lengths against the shortest
// where these can be known.
//
// Shortest solutions come from IDA* with the walking distance (sliding puzzles up to 4x4), from
// linear algebra (Lights Out) and from the table of all states (2x2x2 cube). They measure
// the results and guide nothing.

#include "engine/text/json.h"
#include "eval/measure/table.h"
#include "search/problem/space.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace qstar::eval {

struct PuzzleRow {
    std::string method, heuristic;
    int64_t actions = 0, n = 0, solved = 0;
    int64_t shortest = -1;                  // solutions of the shortest length; -1: not known
    double length = 0, shortest_length = 0; // mean of the solved, and of what it could be
    // Means over all states; bytes at a search's most.
    double expanded = 0, generated = 0, evaluated = 0, bytes = 0, seconds = 0;
    int64_t most = 0; // generated for a state
};

// The length of a shortest solution; none where it cannot be known. May be called by several
// threads at once.
using ShortestLength = std::function<int64_t(const search::State&)>;
std::optional<ShortestLength> shortest_length(const search::Space& space);
// Those of all states, by all threads; empty where they cannot be known.
std::vector<int64_t> shortest_lengths(const search::Space& space,
                                      const std::vector<search::State>& states);

// Adds a state's result, as `qstar search` writes it, to a row of `n` states; `shortest`: how long
// its solution could be, -1: not known. After the last of them means() makes means of the lengths.
void add(PuzzleRow& row, const Json& result, int64_t shortest);
void means(PuzzleRow& row);
Table table_of(const std::vector<PuzzleRow>& rows);

} // namespace qstar::eval
