#include "eval/game24.h"

#include "train/split.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::eval;

TEST_CASE("the Game of 24 has 1362 hands that can be solved") {
    const auto hands = hands_of_24();
    CHECK(hands.size() == 1362);
    CHECK(hands.front() == "1 1 1 8 24");
    CHECK(hands.back() == "12 13 13 13 24");
}

TEST_CASE("one run is the whole curve: what was solved within so many tokens") {
    std::vector<search::Result> results(4);
    const int64_t tokens[] = {40, 90, 100, 300}, generated[] = {3, 12, 13, 60};
    for (size_t i = 0; i < 4; ++i) {
        results[i].tokens = tokens[i];
        results[i].generated = generated[i];
        results[i].expanded = 2;
    }
    const Game24Row row = row_of("A*", results, {true, true, false, true}, {50, 100, 400});
    CHECK(row.solved == std::vector<int64_t>{1, 2, 3});
    CHECK(row.n == 4);
    CHECK(row.median_tokens == 95);
    CHECK(row.median_proposals == 12.5);
    CHECK(row.expanded == 2);
    CHECK(row.interval.low > 0.2);
    CHECK(row.interval.high < 1);
}
