// Worksheets that others have begun.
#include "eval/claims/written.h"

#include "engine/base/error.h"
#include "search/worlds/make_world.h"
#include "train/data/worlds/arithmetic/arithmetic_teaching.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::eval;

TEST_CASE(
    "items before a problem are all right or all wrong, the same ones for one, two and three") {
    const auto world = search::make_world("arithmetic");
    const train::ProblemSource source = train::ArithmeticTeaching().source(0.2, false);
    const tokenizer::Tokenizer tokenizer;
    const auto before = [&](int items, bool right, int64_t context) {
        return items_before(*world, source, tokenizer, "3*(4+5)-2", items, right, context, 1);
    };
    for (const bool right : {false, true}) {
        const auto three = before(3, right, 256), one = before(1, right, 256);
        REQUIRE(three.size() == 3);
        REQUIRE(one.size() == 1);
        CHECK(one[0].tokens == three[0].tokens);
        size_t tokens = 0;
        for (const WorksheetItem& item : three) {
            CHECK(world->solved({item.problem, item.lines, true}) == right);
            tokens += item.tokens.size();
        }
        CHECK(tokens < 256);
    }
    // No item is as short as this context wants it: said, not left out.
    CHECK_THROWS_WITH_AS(before(3, false, 64), doctest::Contains("none ends in a wrong answer"),
                         Error);
    CHECK(before(0, false, 64).empty());
}

TEST_CASE("of many sheets whose items are rare the drawing ends, and says so") {
    const auto world = search::make_world("arithmetic");
    train::ProblemSource source = train::ArithmeticTeaching().source(0.2, false);
    int64_t solved = 0;
    // One item in a hundred is short enough.
    const auto solve = source.solve;
    source.solve = [&](const train::Pupil& pupil, const std::string& problem, Random& random) {
        auto lines = solve(pupil, problem, random);
        if (++solved % 100 != 0) lines.insert(lines.end(), 200, lines.back());
        return lines;
    };
    const std::vector<std::string> problems(40, "3*(4+5)-2");
    CHECK_THROWS_WITH_AS(begun_sheets(*world, source, {}, problems, false, 256, 1),
                         doctest::Contains("of 50 worksheet items less than one ends in a wrong"),
                         Error);
    CHECK(solved < 2000 + 50 * 3 * 40 + 1);
}
