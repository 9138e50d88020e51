#pragma once
// Equations that stand in a lesson's text: is what stands behind the last equals sign what the
// numbers before it give?

#include <string>
#include <vector>

namespace qstar::tests {

struct Equation {
    std::string text;
    double left = 0, right = 0; // one of the sides with numbers alone, and the last
    double half = 0;            // half of the last digit of the right one
};

// Of a text's lines; a line that begins with "=" goes on with the one before. Sides with letters
// other than ln and exp are passed over.
std::vector<Equation> equations_of(const std::string& text);

} // namespace qstar::tests
