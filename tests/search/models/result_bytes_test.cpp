#include "search/models/result_bytes.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace qstar::search;

TEST_CASE("a result goes through bytes and is the same") {
    Result result;
    result.ended = "tokens";
    result.expanded = 3, result.generated = 17, result.seconds = 0.1;
    result.trace = {"first", "then"};
    result.answer = "7/2";
    result.steps = {"3+1/2", ""};
    result.finished = true;
    result.tokens = 290;
    result.evaluated = 70.25;
    result.step_scores = {0.1f, 1e-40f};
    result.score = -0.3;
    const Result again = result_of(bytes_of(result));
    CHECK(again.ended == result.ended);
    CHECK(again.expanded == 3);
    CHECK(again.generated == 17);
    CHECK(again.seconds == result.seconds);
    CHECK(again.trace == result.trace);
    CHECK(again.answer == result.answer);
    CHECK(again.steps == result.steps);
    CHECK(again.finished);
    CHECK(again.tokens == 290);
    CHECK(again.evaluated == 70.25);
    CHECK(again.step_scores == result.step_scores);
    CHECK(again.score == result.score);
    CHECK(bytes_of(again) == bytes_of(result));
    CHECK(result_of(bytes_of(Result{})).steps.empty());
}
