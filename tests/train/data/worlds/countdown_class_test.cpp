#include "train/data/worlds/countdown/countdown_class.h"
#include "train/data/worlds/split.h"

#include "engine/base/error.h"
#include "search/worlds/countdown/countdown.h"

#include <doctest/doctest.h>
#include <set>

using namespace qstar;
using namespace qstar::train;

TEST_CASE("countdown's class: problems keep their side, and none has the target 24") {
    CountdownClass pupils({});
    const search::Countdown world;
    for (const Split split : {Split::train, Split::dev, Split::test}) {
        Random random(1, name_of(split));
        for (int i = 0; i < 60; ++i) {
            const std::string problem = pupils.draw_problem(split, random);
            const search::Hand hand = search::parse_hand(problem);
            CHECK(world.read(problem) == problem); // it can be solved
            CHECK(split_of(problem) == split);
            CHECK(hand.numbers.size() == 4);
            CHECK(hand.target != search::rational(24));
            CHECK(hand.target >= search::rational(10));
            CHECK(hand.target <= search::rational(100));
        }
    }
}

TEST_CASE("countdown's class: a hand is held out with all targets and as a step's rest") {
    Random random(2, "tests/countdown");
    CountdownClass pupils({});
    const std::string problem = pupils.draw_problem(Split::test, random);
    const std::string numbers = problem.substr(0, problem.rfind(' '));
    CHECK(split_of(numbers + " 24") == Split::test);
    CHECK(split_of("9-2=7 " + numbers) == Split::test);
    CHECK(split_of("9-2=7 1 3 11") == Split::train); // three numbers are everybody's
    CHECK(split_of("1 3 11 24") == Split::train);
}

TEST_CASE("countdown's class: experts are right, the others have their misconceptions") {
    CountdownClass players({});
    const search::Countdown world;
    Random random(3, "tests/countdown");
    const auto pupils = countdown_class(0.2);
    for (const Pupil& pupil : pupils) {
        int solved = 0, wrong_numbers = 0;
        std::set<std::string> first_lines;
        for (int i = 0; i < 80; ++i) {
            const std::string problem = players.draw_problem(Split::train, random);
            const auto lines = players.solve(pupil, problem, random);
            REQUIRE(!lines.empty());
            solved += world.solved({problem, lines, true});
            wrong_numbers += !search::read_step(lines[0], search::parse_hand(problem).numbers);
            for (int k = 0; k < (i == 0 ? 50 : 0); ++k)
                first_lines.insert(players.solve(pupil, problem, random)[0]);
        }
        CHECK((solved == 80) == (pupil.name == "expert"));
        if (pupil.name == "expert") CHECK(first_lines.size() > 1); // not always the same way
        if (pupil.name == "beginner") CHECK(first_lines.size() == 1);
        CHECK((wrong_numbers > 0) == (pupil.name == "reuser" || pupil.name == "miscounter"));
    }
    CHECK_THROWS_AS(CountdownClass({1, 1, 13, 10, 100}), Error);
    CHECK_THROWS_AS(countdown_class(2), Error);
    CountdownClass five({5, 1, 9, 10, 100});
    const std::string problem = five.draw_problem(Split::train, random);
    CHECK(world.solved({problem, five.solve({"expert", 0, 1, 0}, problem, random), true}));
}
