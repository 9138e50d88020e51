#pragma once
// Linear equations in one unknown: the language of the world equations.
//
// Each side is a sum of terms, a term is a number or a multiple of the unknown, all over
// exact fractions. Canonical text has no spaces and no term that is zero; an empty side
// is "0"; the coefficients 1 and -1 are not written: "657=-220*t+1086*t+22307", "-c=7/2",
// "0=(3/2)*x-1". print() of the parsed canonical text is that text.
//
// A rewriting is one line of a careful person's work:
//   collect   two like terms of one side, or of both sides (one of them is subtracted
//             from both sides), become one or vanish
//   move      a term is subtracted from both sides and stands alone on the other one
//   divide    both sides are divided by a coefficient of the unknown
// The sides may change places in any of them. The equation is solved when one side is the
// unknown and the other a number.

#include "search/problem/rational.h"

#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct Term {
    Rational value;       // the number, or the unknown's coefficient; never 0
    bool unknown = false; // a multiple of the unknown
    bool operator==(const Term&) const = default;
};

struct Equation {
    char unknown = 'x';
    std::vector<Term> left, right;
    bool operator==(const Equation&) const = default;
};

// Text, canonical or not, with exactly one letter and one "=". Error saying what was
// expected and found at which column; at most 12 terms that are numbers and 12 with the
// unknown.
Equation parse_equation(std::string_view text);
std::string print(const Equation& equation);

// The unknown's coefficients on the left less those on the right.
Rational coefficient(const Equation& equation);
// The value of the unknown. Error where every number or none is a solution.
Rational solution(const Equation& equation);

// The fewest rewritings that solve the equation. Numbers and multiples of the unknown are
// collected on their own: n of them take n rewritings less one for each group that sums
// to zero, and less one if something is left; then there may be one to move and one
// division. tests/search/worlds/equation_test.cpp compares it with a breadth-first search.
int rewritings_left(const Equation& equation);

// All equations one rewriting away, those a careful person would take first: collecting on
// a side, then across, then moving, then dividing. Those that do not fit 64 bits are left
// out.
std::vector<Equation> rewritings(const Equation& equation);

} // namespace qstar::search
