#include "engine/base/range.h"

#include "engine/base/error.h"

#include <cmath>
#include <doctest/doctest.h>
#include <limits>

using namespace qstar;

TEST_CASE("a value out of its range is said in one sentence") {
    CHECK_NOTHROW(check_range("items", int64_t{0}, 0));
    CHECK_THROWS_WITH_AS(check_range("items", int64_t{-3}, 0),
                         "--items must be 0 or more, found -3", Error);
    CHECK_THROWS_WITH_AS(check_range("items", kMost + 1, 0),
                         "--items must be within 0 to 1000000000, found 1000000001", Error);
    CHECK_THROWS_WITH_AS(check_range("wrong", 1.5, 0, 1),
                         "--wrong must be within 0 to 1, found 1.5", Error);
    for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity()}) {
        CHECK_THROWS_AS(check_range("clip", bad, 0), Error);
        CHECK_THROWS_AS(check_above("beta", bad, 0, 1000), Error);
    }
    CHECK_THROWS_WITH_AS(check_above("beta", 0, 0, 1000),
                         "--beta must be above 0 and at most 1000, found 0", Error);
    CHECK_NOTHROW(check_choice("loss", "ipo", {"dpo", "ipo"}));
    CHECK_THROWS_WITH_AS(check_choice("loss", "mse", {"dpo", "ipo", "kto"}),
                         "--loss must be dpo, ipo or kto, found \"mse\"", Error);
}
