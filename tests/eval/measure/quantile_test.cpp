#include "eval/measure/quantile.h"

#include "engine/base/error.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::eval;

TEST_CASE("the median is the middle value, or the mean of the two in the middle") {
    CHECK(median({7}) == 7);
    CHECK(median({9, 1, 5}) == 5);
    CHECK(median({100, 1, 3, 2}) == 2.5);
    CHECK(median({4, 2}) == 3);
    CHECK_THROWS_AS(median({}), Error);
}

TEST_CASE("a quantile lies between the two values next to its place") {
    // The defaults of R's quantile() and of numpy's.
    const std::vector<double> values = {10, 20, 30, 40};
    CHECK(quantile(values, 0) == 10);
    CHECK(quantile(values, 0.25) == 17.5);
    CHECK(quantile(values, 0.9) == doctest::Approx(37));
    CHECK(quantile(values, 1) == 40);
    CHECK_THROWS_AS(quantile({}, 0.5), Error);
}
