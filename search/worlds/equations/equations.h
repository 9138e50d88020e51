#pragma once
// The world "equations": a linear equation in one unknown is rewritten until it says what
// the unknown is. What a rewriting is stands in equation.h.
//
// Problems are bare equations ("24=1601*c-1605*c") or the sentences of DeepMind
// Mathematics' module algebra__linear_1d ("Solve 24 = 1601*c - 1605*c for c."; Saxton et
// al., "Analysing Mathematical Reasoning Abilities of Neural Models", 2019). Its composed
// form ("Let ...") and systems of two unknowns are refused.
//
// A step is
//   right    if it is an equation in the same unknown with the same solution and takes
//            strictly fewer rewritings to solve than the line before (how many were done
//            at once is its own affair), or if it is solved and marked as final: "c=-6"
//   neutral  if the solution is the same without progress, or solved without the mark;
//   wrong    otherwise.
// The answer is the number alone, "-6".

#include "search/problem/world.h"
#include "search/worlds/equations/equation.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct Equations : World {
    std::string name() const override { return "equations"; }
    std::string read(std::string_view line) const override;
    Label check_step(const Path& path, std::string_view step, bool final) const override;
    // "-6", "c=-6" or "-6=c", in lowest terms or as a decimal.
    bool check_answer(std::string_view problem, std::string_view answer) const override;
    std::string answer(std::string_view problem) const override;
    std::string canonical_answer(std::string_view answer) const override; // "c=-6" -> "-6"
    std::string answer_of(const Path& path) const override;               // the number alone
    std::optional<int64_t> shortest(std::string_view problem) const override;
};

// A shortest derivation: from each line the first rewriting after which one fewer is left.
// The last line is the answer, "c=-6". Error for what is no equation or has no solution.
std::vector<std::string> derive_equation(std::string_view problem);

// The generator.
struct EquationConfig {
    int min_terms = 2, max_terms = 5; // on both sides together
    int64_t solution = 9;             // |c|, an integer
    int64_t coefficient = 20;         // |k| of a term k*c, at most
    int64_t bound = 100;              // |n| of the numbers, at most
    std::string letters = "abcdefghijklmnopqrstuvwxyz";
};
// Canonical; with one solution, an integer. Error if the configuration allows none.
std::string draw_equation(const EquationConfig& config, Random& random);

} // namespace qstar::search
