#pragma once
// The numbers of a countdown problem, the moves from them, and how both are written
// (countdown.h).

#include "search/problem/rational.h"
#include "search/worlds/arithmetic/expression.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct Hand {
    std::vector<Rational> numbers; // sorted
    Rational target;
    bool operator==(const Hand&) const = default;
};
// The numbers of a line as they stand there, between blanks, commas or semicolons. Error saying
// what was expected and found.
std::vector<Rational> parse_numbers(std::string_view line);
// The same, at least one and the target.
Hand parse_hand(std::string_view line);
std::string print(const Hand& hand);

struct Move {
    Rational left;
    Kind kind = Kind::add; // add, subtract, multiply, divide
    Rational right;
    Rational result;
    bool operator==(const Move&) const = default;
};
// The moves from these numbers, each once. Of a sum or product the larger number stands
// first; differences below zero are made only with `negative`: where no number and no
// target is below zero, they are never needed. Those that do not fit 64 bits are left out.
std::vector<Move> moves(const std::vector<Rational>& numbers, bool negative = false);
// The numbers after a move, sorted. Nothing if it takes a number that is not there.
std::optional<std::vector<Rational>> after(const std::vector<Rational>& numbers, const Move& move);
// "8-5=3 1 3 11", without the list where one number is left.
std::string print(const Move& move, const std::vector<Rational>& left);

// A model's line: any bytes. Nothing unless it is a move by right arithmetic from these
// numbers, and its list, if there is one, is what is left.
std::optional<Move> read_step(std::string_view step, const std::vector<Rational>& numbers);

} // namespace qstar::search
