#pragma once
// The puzzles by name.

#include "engine/run/flags.h"
#include "search/models/heuristic.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

// Which puzzle, as flags say it.
struct PuzzleChoice {
    std::string world = "lights-out"; // sliding, lights-out, cube2, cube3
    int size = 0;                     // width of sliding and lights-out; 0: 4 and 7
    int compose = 1;                  // cubes: actions are products of up to so many turns
    std::string moves;                // cubes: a file of move tables instead, or a name (moves.h)
    std::string goal = "blank-last";  // sliding: or blank-first, as 0 1 2 ... is written
};

// --compose and --moves, the latter given back.
Flag& describe_cubes(Flags& f, PuzzleChoice& choice);
// The file that --moves names; empty if it names none, or a table that comes with the program.
std::string moves_file(const PuzzleChoice& choice);

std::vector<std::string> puzzle_names();
bool is_puzzle(std::string_view world);
void check(const PuzzleChoice& choice);                        // Error for a flag out of its range
std::unique_ptr<Space> make_space(const PuzzleChoice& choice); // Error naming the known ones
// The same with the size that a state has.
std::unique_ptr<Space> make_space(PuzzleChoice choice, std::string_view first_line);

// The states of a file, one a line; blank lines are skipped. Error: the first five bad lines,
// each FILE:LINE and what was expected and found, and how many there are. With `skip_bad` they
// are left out, and stderr says how many. The file is read once, so it may be a pipe, or "-".
struct StateLine {
    std::string input;
    State state;
};
struct PuzzleFile {
    std::unique_ptr<Space> space; // of the size that the first state (the first good one) has
    std::vector<StateLine> states;
};
PuzzleFile read_puzzle(const PuzzleChoice& choice, const std::string& path, bool skip_bad = false);

// A lower bound by name: "none", the space's own ("manhattan", "lights", "misplaced"), and for
// sliding puzzles up to 4 wide "walking-distance". Error naming those of the space.
std::unique_ptr<Heuristic> make_bound(const Space& space, std::string_view name);
// The best of them that is cheap.
std::string best_bound(const Space& space);

} // namespace qstar::search
