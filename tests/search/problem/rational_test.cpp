#include "search/problem/rational.h"

#include "engine/base/error.h"

#include <doctest/doctest.h>
#include <limits>
#include <numeric>

using namespace qstar;
using namespace qstar::search;

TEST_CASE("rationals agree with integer arithmetic over a common denominator") {
    for (int a = -7; a <= 7; ++a)
        for (int b = 1; b <= 6; ++b)
            for (int c = -7; c <= 7; ++c)
                for (int d = 1; d <= 6; ++d) {
                    const Rational x = rational(a, b), y = rational(c, d);
                    CHECK(x + y == rational(a * d + c * b, b * d));
                    CHECK(x - y == rational(a * d - c * b, b * d));
                    CHECK(x * y == rational(a * c, b * d));
                    if (c != 0) CHECK(x / y == rational(a * d, b * c));
                    CHECK((x < y) == (a * d < c * b));
                    CHECK((x == y) == (a * d == c * b));
                    CHECK(x.den > 0);
                    CHECK(std::gcd(x.num, x.den) == 1);
                }
}

TEST_CASE("rationals print in lowest terms") {
    CHECK(text(rational(14, 4)) == "7/2");
    CHECK(text(rational(3, -6)) == "-1/2");
    CHECK(text(rational(8, 4)) == "2");
    CHECK(text(rational(0, -5)) == "0");
}

TEST_CASE("rationals refuse overflow and division by zero") {
    const int64_t big = std::numeric_limits<int64_t>::max();
    CHECK_THROWS_AS(rational(1, 0), Error);
    CHECK_THROWS_AS(rational(1) / rational(0), Error);
    CHECK_THROWS_AS(rational(big) + rational(1), Error);
    CHECK_THROWS_AS(rational(-big) - rational(1), Error);
    CHECK_THROWS_AS(rational(big) * rational(2), Error);
    CHECK_THROWS_AS(rational(1, big) * rational(1, 2), Error);
    CHECK_THROWS_AS(rational(std::numeric_limits<int64_t>::min()), Error);
}

TEST_CASE("a result that fits is exact although its intermediate products do not") {
    const int64_t big = std::numeric_limits<int64_t>::max();
    CHECK(rational(big, 3) * rational(3, big) == rational(1));
    CHECK(rational(big, 2) - rational(big - 2, 2) == rational(1));
    CHECK(rational(big - 1, big) < rational(big, big));
}
