// What more machines would bring, as a model.

#include "eval/bench/machines.h"

#include <doctest/doctest.h>

using namespace qstar::eval;

TEST_CASE("the modelled step by hand") {
    // 8 leaves of 1 s, 0.5 s for the optimiser, 0.25 s to add up, 100 MB.
    const StepCost cost{1, 8, 0.5, 0.25, 1e8};
    CHECK(modelled_step(cost, 1, 1e9) == doctest::Approx(8.5));
    // 4 leaves; half of the gradient goes out and half of the sum comes in: 0.8 Gb.
    CHECK(modelled_step(cost, 2, 1e9) == doctest::Approx(4.5 + 0.25 + 0.8));
    // The machine with most of the leaves has 3 of them.
    CHECK(modelled_step(cost, 3, 1e9) == doctest::Approx(3.5 + 0.25 + 0.8 * 4 / 3));
    CHECK(modelled_step(cost, 64, 1e10) == doctest::Approx(1.5 + 0.25 + 0.16 * 63 / 64));
}
