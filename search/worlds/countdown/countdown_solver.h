#pragma once
// Which countdown problems can be solved, and how: by exhaustive search over exact fractions.

#include "search/worlds/countdown/hand.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

// Exhaustive search for one target, remembering what it has seen.
class CountdownSolver {
  public:
    explicit CountdownSolver(Rational target) : target_(target) {}
    bool solvable(const std::vector<Rational>& numbers);
    // The moves after which it is still solvable.
    std::vector<Move> good_moves(const std::vector<Rational>& numbers);

  private:
    bool negative(const std::vector<Rational>& numbers) const;
    Rational target_;
    std::map<std::vector<Rational>, bool> known_;
};

// A solution without needless fractions: of the moves that lead on, always the first with
// an integer result. Error if there is none.
std::vector<std::string> derive_countdown(std::string_view problem);

} // namespace qstar::search
