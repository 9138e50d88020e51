#pragma once
// The world "arithmetic": an expression is rewritten, one operation a step, until it
// is a number. What counts as a number and as an operation stands in expression.h.
//
// A step is
//   right    if it has exactly the value of the line before and strictly fewer
//            operations left (how many it does at once is its own affair), or if it
//            is that value as a plain number, marked as the final answer;
//   neutral  if the value is the same without progress: no operation less, or the
//            number itself without the mark;
//   wrong    otherwise: another value, no expression, a division by zero, or the mark
//            on something that is not a number in lowest terms.
//
// Problems are bare expressions or the sentences of DeepMind Mathematics' modules
// arithmetic__{add_or_sub, add_sub_multiple, mul, div, mul_div_multiple, mixed} and
// their longer and bigger forms (Saxton et al., "Analysing Mathematical Reasoning
// Abilities of Neural Models", 2019). Other bases, roots and surds are refused.

#include "search/problem/world.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct Arithmetic : World {
    std::string name() const override { return "arithmetic"; }
    std::string read(std::string_view line) const override;
    Label check_step(const Path& path, std::string_view step, bool final) const override;
    // A number of the right value, in lowest terms ("7/2", not "14/4") or a decimal.
    bool check_answer(std::string_view problem, std::string_view answer) const override;
    std::string answer(std::string_view problem) const override;
    std::string canonical_answer(std::string_view answer) const override;
    std::optional<int64_t> shortest(std::string_view problem) const override;
};

// A shortest solution as a careful person writes it, one operation a step; the last
// line is the answer. Error for what is no expression or has no value.
std::vector<std::string> derivation(std::string_view problem);

} // namespace qstar::search
