#include "engine/base/random.h"

#include <cmath>
#include <doctest/doctest.h>

using qstar::Random;

TEST_CASE("Philox4x32-10 gives the published test vector") {
    // Random123's kat_vectors: counter 0, key 0.
    Random random(0, uint64_t{0});
    CHECK(random.next() == 0x6627e8d5u);
    CHECK(random.next() == 0xe169c58du);
    CHECK(random.next() == 0xbc57ac4cu);
    CHECK(random.next() == 0x9b00dbd8u);
}

TEST_CASE("a stream resumes at its counter and differs from its neighbours") {
    Random a(1, "a");
    for (int i = 0; i < 7; ++i) a.next();
    Random b = a;
    CHECK(a.next() == b.next());
    CHECK(Random(1, "a").next() != Random(1, "b").next());
    CHECK(Random(1, "a").next() != Random(2, "a").next());
}

TEST_CASE("moments") {
    Random random(1, "moments");
    double uniform = 0, normal = 0, square = 0;
    const int n = 20000;
    for (int i = 0; i < n; ++i) {
        const double u = random.uniform(), z = random.normal();
        CHECK_UNARY(u >= 0 && u < 1);
        uniform += u / n;
        normal += z / n;
        square += z * z / n;
        CHECK_UNARY(random.below(7) < 7);
    }
    CHECK(std::abs(uniform - 0.5) < 0.01);
    CHECK(std::abs(normal) < 0.03);
    CHECK(std::abs(square - 1) < 0.05);
}
