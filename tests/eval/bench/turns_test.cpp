#include "eval/bench/turns.h"

#include <doctest/doctest.h>

using namespace qstar::eval;

TEST_CASE("contestants take turns, and another one begins each turn") {
    std::string order;
    double clock = 0;
    const std::vector<Contestant> contestants = {
        [&] { return order += 'a', clock += 1; },
        [&] { return order += 'b', clock += 1; },
        [&] { return order += 'c', clock += 1; },
    };
    const auto seconds = take_turns(contestants, 3, 0);
    CHECK(order == "abcbcacab");
    CHECK(seconds[0] == std::vector<double>{1, 6, 8});
    CHECK(seconds[1] == std::vector<double>{2, 4, 9});
    CHECK(seconds[2] == std::vector<double>{3, 5, 7});
}

TEST_CASE("a repeated body runs at least twice a turn, and its time is of one run") {
    int runs = 0;
    const Contestant contestant = repeated([&] { ++runs; }, 0, 1);
    CHECK(contestant() >= 0);
    const int after_first = runs;
    CHECK(after_first >= 3); // warming up, once for nothing, once timed
    CHECK(contestant() >= 0);
    CHECK(runs == after_first + 2);
}
