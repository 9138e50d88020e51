#pragma once
// The sliding puzzle: n x n places, n*n - 1 tiles and a blank; the 8-, 15- and 24-puzzle.
//
// A state is its tiles row by row, 0 (or _) the blank; solved is 1 2 ... n*n-1 0. An action
// moves the blank up, down, left or right (0 to 3), that is, slides a tile into it; a step is
// called by the number of that tile.
//
// With the blank first (0 1 2 ...) the goal of others is ours after half a turn of the board, in
// which tile t becomes n*n - t: so states are read, written and named that way, and everything
// else, networks included, is the same.
//
// Half of all arrangements can be solved: each slide is one transposition and moves the blank
// by one place, so the permutation is even exactly if the blank is an even number of places
// from its corner (Johnson and Story, "Notes on the 15 Puzzle", 1879).

#include "search/problem/space.h"

#include <string>
#include <string_view>

namespace qstar::search {

class Sliding : public Space {
  public:
    explicit Sliding(int width, bool blank_first = false); // 2 to 5 wide, else an Error

    int width() const { return width_; }
    std::string name() const override;
    size_t state_bytes() const override { return static_cast<size_t>(width_ * width_); }
    int actions() const override { return 4; }
    bool legal(const uint8_t* state, int action) const override;
    void apply(uint8_t* state, int action) const override;
    int inverse(int action) const override { return action ^ 1; }
    std::string action_name(const uint8_t* state, int action) const override;
    State goal() const override;
    bool solved(const uint8_t* state) const override;
    State random_state(Random& random) const override; // uniform over the solvable half
    State read(std::string_view line) const override;
    std::string text(const uint8_t* state) const override;

    // The sum over the tiles of the rows and columns to their places.
    int lower_bound(const uint8_t* state) const override;
    std::string lower_bound_name() const override { return "manhattan"; }

    // Each slide moves the blank by one place.
    int distance_parity(const uint8_t* state) const override;

    // Rows become columns, also those of the tiles' places.
    int images() const override { return 2; }
    void write_image(const uint8_t* state, int image, uint8_t* out) const override;
    int image_of_action(int action, int image) const override { return action ^ (2 * image); }

    // One number for each tile at each place, 1 where it is.
    int64_t features() const override { return int64_t{width_} * width_ * width_ * width_; }
    int64_t features_on() const override { return int64_t{width_} * width_; }
    int64_t write_features(const uint8_t* state, int* on) const override;

  private:
    int blank(const uint8_t* state) const;
    bool solvable(const uint8_t* state) const;
    State half_turned(const uint8_t* state) const;

    int width_;
    bool blank_first_;
};

// The width of the puzzle whose state a line is, by its count of numbers; Error if that
// is no square of 2 to 5.
int sliding_width(std::string_view line);

} // namespace qstar::search
