#include "search/problem/rational.h"

#include "engine/base/error.h"

#include <fmt/core.h>
#include <limits>

namespace qstar::search {

namespace {

__extension__ typedef __int128 Wide;

Wide gcd(Wide a, Wide b) {
    if (a < 0) a = -a;
    if (b < 0) b = -b;
    while (b != 0) {
        const Wide rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// Both arguments are sums of at most two products of 64-bit numbers.
Rational normalised(Wide num, Wide den) {
    if (den == 0) fail("division by zero");
    if (den < 0) {
        num = -num;
        den = -den;
    }
    if (den != 1) { // whole numbers, as most are, spare divisions of 128 bits
        const Wide factor = gcd(num, den);
        num /= factor;
        den /= factor;
    }
    constexpr Wide kHigh = std::numeric_limits<int64_t>::max();
    if (num < -kHigh || num > kHigh || den > kHigh)
        fail("a number does not fit 64 bits (expected at most {} in size)",
             std::numeric_limits<int64_t>::max());
    return {static_cast<int64_t>(num), static_cast<int64_t>(den)};
}

} // namespace

Rational rational(int64_t num, int64_t den) { return normalised(num, den); }

Rational operator+(Rational a, Rational b) {
    return normalised(Wide(a.num) * b.den + Wide(b.num) * a.den, Wide(a.den) * b.den);
}

Rational operator-(Rational a, Rational b) {
    return normalised(Wide(a.num) * b.den - Wide(b.num) * a.den, Wide(a.den) * b.den);
}

Rational operator*(Rational a, Rational b) {
    return normalised(Wide(a.num) * b.num, Wide(a.den) * b.den);
}

Rational operator/(Rational a, Rational b) {
    return normalised(Wide(a.num) * b.den, Wide(a.den) * b.num);
}

Rational operator-(Rational a) { return normalised(-Wide(a.num), a.den); }

std::strong_ordering operator<=>(Rational a, Rational b) {
    const Wide left = Wide(a.num) * b.den;
    const Wide right = Wide(b.num) * a.den;
    if (left < right) return std::strong_ordering::less;
    if (left > right) return std::strong_ordering::greater;
    return std::strong_ordering::equal;
}

std::string text(Rational a) {
    return a.is_integer() ? fmt::format("{}", a.num) : fmt::format("{}/{}", a.num, a.den);
}

} // namespace qstar::search
