#pragma once
// Walking distance, an admissible heuristic for the sliding puzzle (Takahashi 2001).
//
// Forget the columns: say only how many tiles of each home row stand in each row. A
// slide up or down takes one tile from one row to the next. How many such moves that smaller
// puzzle needs is a lower bound for the vertical slides of the real one, and the same with
// rows and columns exchanged for the horizontal ones; no slide is counted in both, so their
// sum is a lower bound. Unlike the Manhattan distance it counts that tiles stand in each other's
// way. The whole small puzzle (24,964 states for the 15-puzzle) is searched once.

#include "search/puzzles/sliding.h"

#include <unordered_map>
#include <vector>

namespace qstar::search {

class WalkingDistance {
  public:
    explicit WalkingDistance(int width); // 2 to 4, else an Error

    int width() const { return width_; }
    size_t size() const { return distance_.size(); } // states of the small puzzle
    int operator()(const uint8_t* state) const;

    // For a search that goes move by move: the small states of both directions, their
    // distance, and the small state after the blank has gone up (or left: 0) or down (or
    // right: 1) past a tile of home row (column) `line`.
    int rows(const uint8_t* state) const;
    int columns(const uint8_t* state) const;
    int distance(int small) const { return distance_[static_cast<size_t>(small)]; }
    int after(int small, int direction, int line) const {
        return next_[static_cast<size_t>((small * 2 + direction) * width_ + line)];
    }

  private:
    int width_;
    std::unordered_map<uint64_t, int> number_;
    std::vector<uint8_t> distance_;
    std::vector<int> next_; // -1: there is no such move
};

} // namespace qstar::search
