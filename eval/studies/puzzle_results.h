#pragma once
// A table of searches that were run one by one, each into a file of `qstar search --out`: a search
// of hours can be interrupted and taken up there.
//
// Every result is replayed by the names of its steps. How short a solution could be is known
// exactly where shortest_length() knows it (puzzle_rows.h); else the shortest that stands in any of
// the files, if there are several, is the best known.

#include "eval/studies/puzzle_rows.h"
#include "search/puzzles/puzzles.h"

#include <string>
#include <vector>

namespace qstar::eval {

struct PuzzleTable {
    std::string space, states; // its name, and where they are from
    std::vector<PuzzleRow> rows;
    bool best_known = false; // "shortest" is as short as the best of the rows
};

// A row a file, named by it. Error naming file and line for what is no result, for other states
// than those of the first file, and for a solution that is none.
PuzzleTable tabulate(const std::vector<std::string>& files, const search::PuzzleChoice& puzzle);

} // namespace qstar::eval
