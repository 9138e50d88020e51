#pragma once
// How far each of the 3,674,160 states of the 2x2x2 cube is from solved, in quarter turns.
//
// A state is the arrangement of seven corners (7! = 5040) and how six of them are twisted
// (3^6 = 729; the seventh follows). Both change by themselves, so a turn is two look-ups,
// and a breadth-first search over all states takes a fraction of a second.

#include "search/problem/space.h"

#include <array>
#include <vector>

namespace qstar::search {

class PocketCube {
  public:
    PocketCube(); // fills the table: 3.7 MB

    static constexpr int kArrangements = 5040, kTwists = 729;
    // Of a state with the corner of D, B and L at home, as make_cube(2) reads it.
    int distance(const uint8_t* state) const;
    // How many states are 0, 1, 2, ... quarter turns away.
    const std::vector<int64_t>& counts() const { return counts_; }

  private:
    int arrangement(const uint8_t* state) const;
    int twist(const uint8_t* state) const;

    std::vector<std::array<uint8_t, 3>> corners_; // all but that of D, B and L
    std::vector<uint8_t> corner_, side_;          // of each sticker
    std::vector<uint8_t> distance_;
    std::vector<int64_t> counts_;
};

} // namespace qstar::search
