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

#include "search/problem/world.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace qstar::search {

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

} // namespace qstar::search
