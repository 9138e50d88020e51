#include "eval/measure/interval.h"

#include <doctest/doctest.h>

using namespace qstar::eval;

TEST_CASE("Wilson intervals agree with published values") {
    // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I.
    CHECK(wilson(81, 263).low == doctest::Approx(0.2553).epsilon(0.001));
    CHECK(wilson(81, 263).high == doctest::Approx(0.3662).epsilon(0.001));
    CHECK(wilson(15, 148).low == doctest::Approx(0.0624).epsilon(0.002));
    CHECK(wilson(15, 148).high == doctest::Approx(0.1605).epsilon(0.002));
    CHECK(wilson(0, 20).low == 0.0);
    CHECK(wilson(0, 20).high == doctest::Approx(0.1611).epsilon(0.001));
    CHECK(wilson(29, 29).low == doctest::Approx(0.8830).epsilon(0.001));
}

TEST_CASE("intervals") {
    CHECK(wilson(0, 0).high == 1.0);
    CHECK(apart(wilson(100, 500), wilson(150, 500)));
    CHECK_FALSE(apart(wilson(100, 500), wilson(110, 500)));
}
