#pragma once
// Tables of moves that come with the program: how others number the stickers of a cube. Each is
// a file of this folder in the form that `--moves` reads (cube.h); its name is the file's.
//
//   deepcubea   3x3x3: U-1 U1 D-1 ... F1, by which the test states of DeepCubeA (Agostinelli et
//               al. 2019) are written

#include <string_view>

namespace qstar::search {

std::string_view built_in_moves(std::string_view name); // the file's text; empty: there is none

} // namespace qstar::search
