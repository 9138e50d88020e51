#include "train/data/worlds/powers/powers_teaching.h"

#include "engine/base/error.h"
#include "search/worlds/powers/powers.h"
#include "train/data/corpus_options.h"
#include "train/data/problem_source.h"

#include <doctest/doctest.h>
#include <map>

using namespace qstar;
using namespace qstar::train;

TEST_CASE("powers: the misconceptions, one by one") {
    Random random(1, "tests/powers");
    using Written = std::vector<std::string>;
    CHECK(solve_power({"", doubles, 1, 0}, "37^4", random) == Written{"7^4", "4^2", "8^1", "8"});
    CHECK(solve_power({"", forgets_factor, 1, 0}, "7^5", random) ==
          Written{"7^4", "9^2", "1^1", "1"});
    CHECK(solve_power({"", multiplies, 1, 0}, "37^13", random) == Written{"1"});
    CHECK(solve_power({"", 0, 1, 0}, "37^13", random) == search::derive_power("37^13"));
    CHECK(solve_power({"", misreckons, 1, 0}, "37^13", random) == search::derive_power("37^13"));
    const auto slipped = solve_power({"", misreckons, 1, 1}, "7^2", random);
    CHECK(slipped[0] != "9^1");
    CHECK_THROWS_AS(solve_power({"", doubles, 1, 0}, "7", random), Error);
}

TEST_CASE("powers: experts are right, the others often not; powers of a digit are everybody's") {
    CorpusOptions options;
    options.world = "powers";
    const ProblemSource source = problem_source_of(options);
    Random random(2, "tests/powers");
    std::map<std::string, int> right;
    for (const std::string& problem : draw_problems(source, Split::test, 200, 1))
        for (const Pupil& pupil : source.pupils)
            right[pupil.name] +=
                source.world->solved({problem, source.solve(pupil, problem, random), true});
    CHECK(right["expert"] == 200);
    for (const char* name : {"doubler", "forgetter", "multiplier", "slipper", "beginner"}) {
        CAPTURE(name);
        CHECK(right[name] < 180);
        CHECK(right[name] > 10);
    }
    CHECK(right["beginner"] < 100);
    for (const char* line : {"7^13", "7*7^12", "7*37^12", "7"})
        CHECK(split_of(line) == Split::train);
}
