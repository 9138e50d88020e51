#pragma once
// The class that plays countdown: its problems, and its pupils with their misconceptions.
//
// Problems have so many numbers within a range and a target within another, can be solved,
// and never have the target 24: the Game of 24 is for the test alone.
//
// Habits (a pupil may have several; an expert has none and knows a solution from
// exhaustive search, without fractions where there is one):
//   short_sighted  takes the move whose result is nearest to the target, where it leads
//                  or not
//   aimless        takes any move
//   reuses         does not strike out the larger number, so that it is there once more
//   miscounts      results are wrong at a rate: off by one or two
//   claims         writes the target as the last result, whatever it is
// Nobody without the last two is wrong about a number, but most run into dead ends.

#include "search/worlds/countdown/hand.h"
#include "train/data/class/pupils.h"
#include "train/data/class/side.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

struct CountdownConfig {
    int count = 4;               // numbers beside the target, 2 to 6
    int64_t low = 1, high = 13;  // of them
    int64_t from = 10, to = 100; // of the target
};
void check(const CountdownConfig& config); // Error for what no problem can be made with

enum CountdownHabit : unsigned {
    short_sighted = 1,
    aimless = 2,
    reuses = 4,
    miscounts = 8,
    claims = 16,
};

std::vector<Pupil> countdown_class(double experts);

// The numbers of a hand, "1 5 8 11" of "1 5 8 11 24", whatever its target; or those that a step
// leaves, after "=". Empty for fewer than four, and for other text.
std::string hand_key(std::string_view line);

// All solutions of all targets of some numbers, so that many problems are drawn and solved
// quickly. Hands that were looked at are remembered.
class CountdownClass {
  public:
    explicit CountdownClass(CountdownConfig config);
    ~CountdownClass();

    // Each solvable target of a hand on this side of the split is equally likely.
    std::string draw_problem(Split split, Random& random);
    std::vector<std::string> solve(const Pupil& pupil, const std::string& problem, Random& random);

  private:
    struct Hand;
    const Hand& hand_of(const std::vector<search::Rational>& numbers);
    std::vector<std::string> expert(const search::Hand& problem, Random& random);

    CountdownConfig config_;
    std::map<std::vector<search::Rational>, std::unique_ptr<Hand>> known_;
};

} // namespace qstar::train
