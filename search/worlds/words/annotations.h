#pragma once
// The calculator's annotations of GSM8K (Cobbe et al., "Training Verifiers to Solve Math Word
// Problems", 2021): "48/2 = <<48/2=24>>24". One reading for all worlds of word problems.
//
// An annotation <<a=b>> holds if a is an expression in + - * / and brackets, b a number
// (number_text.h), and b the value of a to as many decimals as b has. What touches it must not
// contradict it:
//   behind  a number that follows ">>" directly is b once more
//   before  where "=" stands before "<<", the expression before that "=" has the value b. It is
//           looked at if it begins the line or is written without blanks, in digits and signs
//           alone; else it is a sentence, which nobody can check.

#include "search/problem/rational.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct Annotation {
    std::vector<Rational> used; // the numbers of a; a fraction 7/2 uses 7 and 2
    Rational result;            // b
};

// All of a line, empty if it has none. Nothing if one of them does not hold, is contradicted or
// is no annotation (no "=", not closed, no expression). Any bytes.
std::optional<std::vector<Annotation>> read_annotations(std::string_view line);

// What a calculator writes behind a line that ends within an annotation, behind its "=": of
// "Half of it is 48/2=<<48/2=" it is "24>>". A value that has no end in decimals is rounded to two.
// Nothing where the line ends otherwise or nothing can be calculated. (GSM8K's authors let such a
// calculator overrule their model's own figures.)
std::optional<std::string> calculated(std::string_view line);

} // namespace qstar::search
