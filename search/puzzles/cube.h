#pragma once
// The cube, 2x2x2 and 3x3x3, by quarter turns.
//
// Numbering. The faces come in the order U D L R B F, each row by row as one sees it from
// outside: L, R, B and F with U above, U with B above, D with F above. So on the 3x3x3
// U is 0..8, D 9..17, L 18..26, R 27..35, B 36..44, F 45..53, on the 2x2x2 U is 0..3, ...,
// F 20..23. U is the quarter turn of that face clockwise as seen from outside, U' the other way.
// The tables are made from this geometry; the README of this floor prints them.
//
// 3x3x3: U U' D D' L L' R R' B B' F F', centres stay. 2x2x2: U U' R R' F F', which leave the
// corner of D, B and L where it is; a turn of D is one of U and of the whole cube. A 2x2x2 is
// read however it is held: its stickers are numbered anew so that this corner is
// at home, which changes no move; solved is one colour a face.

#include "search/puzzles/permutation_puzzle.h"

#include <array>
#include <cstdint>
#include <vector>

namespace qstar::search {

std::vector<PermutationMove> quarter_turns(int size); // 2 or 3
std::vector<Permutation> whole_turns(int size);       // the 24 ways to hold the cube, as moves
// Of these, and of it in a mirror, those that make a quarter turn of each: 48, of the 2x2x2 6.
std::vector<Permutation> symmetries(int size);

// The stickers of each corner, that of U or D first, then clockwise.
std::vector<std::array<uint8_t, 3>> corners(int size);

// The cube of size 2 or 3 with all products of up to `compose` quarter turns as actions.
PermutationPuzzle make_cube(int size, int compose = 1);

} // namespace qstar::search
