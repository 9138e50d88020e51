#pragma once
// Exact fractions of 64-bit integers.
//
// Always normalised: the denominator is positive and shares no factor with the
// numerator, so equal values are equal structs. Intermediate products have 128
// bits; a result beyond +-(2^63 - 1) is an Error, never a wrong number.

#include <compare>
#include <cstdint>
#include <string>

namespace qstar::search {

struct Rational {
    int64_t num = 0;
    int64_t den = 1;

    bool operator==(const Rational&) const = default;
    bool is_integer() const { return den == 1; }
};

// num/den in lowest terms. Error if den is 0 or the result does not fit.
Rational rational(int64_t num, int64_t den = 1);

// Error on overflow, and on a division by zero.
Rational operator+(Rational a, Rational b);
Rational operator-(Rational a, Rational b);
Rational operator*(Rational a, Rational b);
Rational operator/(Rational a, Rational b);
Rational operator-(Rational a);
std::strong_ordering operator<=>(Rational a, Rational b);

std::string text(Rational a); // "-3", "7/2"

} // namespace qstar::search
