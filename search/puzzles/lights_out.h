#pragma once
// Lights Out: n x n lights; a press toggles a cell and its neighbours left, right, above and
// below; solved is all off.
//
// Presses commute, and two of one cell cancel out: a state b is solved by a set of presses x
// with A x = b over GF(2), where A is the matrix of what toggles what (Anderson and Feil,
// "Turning Lights Out with Linear Algebra", 1998). Elimination says whether b can be solved,
// and the null space of A what all the solutions are; the shortest is the one of fewest
// presses among them.

#include "search/problem/space.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

using Bits = std::vector<uint64_t>; // a vector over GF(2), 64 cells a word

class LightsOut : public Space {
  public:
    explicit LightsOut(int width); // 1 to 40, else an Error

    int width() const { return width_; }
    std::string name() const override;
    size_t state_bytes() const override { return static_cast<size_t>(width_ * width_); }
    int actions() const override { return width_ * width_; }
    void apply(uint8_t* state, int action) const override;
    int inverse(int action) const override { return action; }
    std::string action_name(const uint8_t* state, int action) const override;
    State goal() const override { return State(state_bytes()); }
    bool solved(const uint8_t* state) const override;
    State random_state(Random& random) const override; // uniform over the solvable ones
    State read(std::string_view line) const override;  // digits, with or without blanks
    std::string text(const uint8_t* state) const override;

    // A press changes five lights at most.
    int lower_bound(const uint8_t* state) const override;
    std::string lower_bound_name() const override { return "lights"; }

    int images() const override { return 8; } // the symmetries of a square
    void write_image(const uint8_t* state, int image, uint8_t* out) const override;
    int image_of_action(int cell, int image) const override; // where the cell is then

    // See write_features.
    int64_t features() const override;
    int64_t features_on() const override;
    int64_t write_features(const uint8_t* state, int* on) const override;

    // The dimension of the null space: 2^nullity() sets of presses change nothing.
    int nullity() const { return static_cast<int>(null_space_.size()); }
    // The cells of a shortest solution in ascending order; none if there is no solution.
    // Takes 2^nullity() steps.
    std::optional<std::vector<int>> shortest(const uint8_t* state) const;

  private:
    std::optional<Bits> any_solution(const uint8_t* state) const;

    int width_;
    // Row-reduced [A | I]: row i of `reduced_` has its first one at column pivots_[i] and is
    // the sum of the rows of A that `sums_[i]` says.
    std::vector<Bits> reduced_, sums_, null_space_;
    std::vector<int> pivots_; // -1 for a row of zeros
};

// The width of the puzzle whose state a line of 0 and 1 is; Error if it is no square.
int lights_out_width(std::string_view line);

} // namespace qstar::search
