#pragma once
// The world "countdown": reach a target from given numbers with + - * /, each number used
// exactly once, over exact fractions. The Game of 24 is its best-known corner.
//
// A problem is a line of numbers, the last one of which is the target: "1 5 8 11 24". In
// canonical form the numbers before it are sorted. One that cannot be solved is refused
// (by exhaustive search; with 7 numbers and more nobody looks).
//
// A step takes two of the numbers and puts their result in their place. It is written
// with what is then left, sorted: "8-5=3 1 3 11"; the list may be missing. The last step
// leaves the target alone and is marked as final: "8*3=24". A fraction is an operand in
// brackets: "8*(1/3)=8/3".
//
// A step is
//   right    if it is legal and the target can still be reached, or if it is final and
//            reaches it
//   neutral  if it reaches the target with nothing left over, but without the mark
//   wrong    otherwise: wrong arithmetic, a number that is not there, or a dead end.
//
// The rules make the goal public: everybody sees whether the steps reach the total. So a
// search may know it (Options::goal in method.h). Exhausted ends are no part of that.

#include "search/problem/rational.h"
#include "search/problem/world.h"
#include "search/worlds/arithmetic/expression.h"

#include <map>
#include <memory>
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

struct Countdown : World {
    std::string name() const override { return "countdown"; }
    std::string read(std::string_view line) const override;
    std::unique_ptr<LineReader> line_reader(std::optional<int64_t> target) const override;
    Label check_step(const Path& path, std::string_view step, bool final) const override;
    // An expression of exactly these numbers with the target as its value, "(8-5)*...";
    // "=24" may stand behind it.
    bool check_answer(std::string_view problem, std::string_view answer) const override;
    std::string answer(std::string_view problem) const override;
    std::string canonical_answer(std::string_view answer) const override;
    bool solved(const Path& path) const override;           // by its steps
    std::string answer_of(const Path& path) const override; // the expression of its steps
    bool public_goal() const override { return true; }
    std::optional<int64_t> shortest(std::string_view problem) const override;
    bool legal(const Path& path) const override; // right arithmetic with the numbers that are there
    std::string state(const Path& path) const override;           // the numbers left
    std::string plain_step(std::string_view step) const override; // "8-5=3"
};

// A solution without needless fractions: of the moves that lead on, always the first with
// an integer result. Error if there is none.
std::vector<std::string> derive_countdown(std::string_view problem);

} // namespace qstar::search
