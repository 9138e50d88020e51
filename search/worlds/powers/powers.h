#pragma once
// The world "powers": the last digit of a power, by repeated squaring (Knuth, "The Art of Computer
// Programming", volume 2, 4.6.3; known in India before 200 BC).
//
//   37^13   7^13   7*7^12   7*9^6   7*1^3   7*1^2   7*1^1   7
//
// All lines are read modulo 10. A line has a power, and before it a digit if factors were taken
// out; a large base is first replaced by its last digit. Done one at a time, an even power b^e
// becomes (b*b)^(e/2), of an odd one a factor is taken out, and b^1 is b.
//
// A step is
//   right    if it has the same last digit and fewer such rewritings left (how many it does at
//            once is its own affair), or if it is the digit itself, marked as the final answer;
//   neutral  if the digit is the same without progress: 7^12 written as 7*7^11, or the digit
//            without the mark;
//   wrong    otherwise.

#include "search/problem/world.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct Power {
    std::optional<int64_t> factor; // 0 to 9
    int64_t base = 0;              // 0 or more
    int64_t exponent = 1;          // 1 or more
};
// "7*9^6" or "37^13", as print() writes it; nothing for other text. Numbers have nine digits at
// most.
std::optional<Power> read_power(std::string_view line);
std::string print(const Power& power);
int64_t last_digit(const Power& power);
int64_t rewritings_left(const Power& power); // until only the digit stands there

struct Powers : World {
    std::string name() const override { return "powers"; }
    // "37^13", "37 ^ 13" or "What is the last digit of 37^13?".
    std::string read(std::string_view line) const override;
    Label check_step(const Path& path, std::string_view step, bool final) const override;
    bool check_answer(std::string_view problem, std::string_view answer) const override;
    std::string answer(std::string_view problem) const override;
    std::string canonical_answer(std::string_view answer) const override;
    std::optional<int64_t> shortest(std::string_view problem) const override;
};

// The rewritings one by one; the last line is the answer. Error for what is no power.
std::vector<std::string> derive_power(std::string_view problem);

} // namespace qstar::search
