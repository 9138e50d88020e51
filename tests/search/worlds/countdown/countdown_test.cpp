#include "search/worlds/countdown/countdown.h"
#include "search/worlds/countdown/countdown_solver.h"

#include "engine/base/error.h"
#include "tests/search/worlds/check.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::search;

TEST_CASE("countdown: problems are read, sorted, and refused in one sentence") {
    const Countdown world;
    CHECK(world.read("8 1 11 5 24") == "1 5 8 11 24");
    CHECK(world.read(" 8, 3,8 ,3\t24") == "3 3 8 8 24");
    CHECK(world.read("7 7") == "7 7");
    CHECK(world.read("3 7 25 50 75 100 952") == "3 7 25 50 75 100 952");
    CHECK(world.read("1 2 1/2") == "1 2 1/2");
    CHECK(world.read("-3 5 -15") == "-3 5 -15");
    CHECK_THROWS_WITH(world.read(""),
                      "expected some numbers and then the target, found an empty line");
    CHECK_THROWS_WITH(world.read("24"),
                      "expected some numbers and then the target, found one number");
    CHECK_THROWS_WITH(world.read("1 5 x 11 24"),
                      "column 5: expected a whole number or a fraction 3/2, found \"x\"");
    CHECK_THROWS_WITH(world.read("1 1 1 1 24"),
                      "24 cannot be reached from \"1 1 1 1\" with + - * /, each number used once");
    for (const char* line : {"1 2.5 3", "1/0 2 3", "2/4 1 3", "99999999999999999999 1 2", "--1 2",
                             "1 2 3 4 5 6 7 8 9 10 11 12 13 14"})
        CHECK_THROWS_AS_MESSAGE(world.read(line), Error, line);
}

TEST_CASE("countdown: a step is right, neutral or wrong") {
    const std::string problem = "1 5 8 11 24";
    CHECK(check<Countdown>(problem, {}, "11+8=19 1 5 19") == Label::right); // (19+5)*1
    CHECK(check<Countdown>(problem, {}, "11+8=19") == Label::right);
    CHECK(check<Countdown>(problem, {}, "8+11=19 1 5 19") == Label::right);
    CHECK(check<Countdown>(problem, {}, "11+8=19 5 1 19") == Label::wrong); // not sorted
    CHECK(check<Countdown>(problem, {}, "11+8=19 1 5") == Label::wrong);
    CHECK(check<Countdown>(problem, {}, "11+8=18 1 5 18") == Label::wrong);
    CHECK(check<Countdown>(problem, {}, "8-5=3 1 3 11") == Label::wrong);   // a dead end
    CHECK(check<Countdown>(problem, {}, "8-6=2 1 5 11") == Label::wrong);   // there is no 6
    CHECK(check<Countdown>(problem, {}, "8+8=16") == Label::wrong);         // one 8 only
    CHECK(check<Countdown>(problem, {}, "8*11=88 1 5 88") == Label::wrong); // a dead end
    CHECK(check<Countdown>(problem, {}, "11+8=19", true) == Label::wrong);
    CHECK(check<Countdown>(problem, {}, "") == Label::wrong);
    CHECK(check<Countdown>(problem, {}, "8-5") == Label::wrong);
    CHECK(check<Countdown>(problem, {}, "8/0=1") == Label::wrong);
    CHECK(check<Countdown>(problem, {}, "99999999999999999999-5=3") == Label::wrong);
    CHECK(check<Countdown>("3 8 24", {}, "8*3=24", true) == Label::right);
    CHECK(check<Countdown>("3 8 24", {}, "3*8=24", true) == Label::right);
    CHECK(check<Countdown>("3 8 24", {}, "8*3=24") == Label::neutral);
    CHECK(check<Countdown>("3 8 24", {}, "8+3=11", true) == Label::wrong);
    CHECK(check<Countdown>("3 3 8 8 24", {"8/3=8/3 8/3 3 8", "3-(8/3)=1/3 1/3 8"}, "8/(1/3)=24",
                           true) == Label::right);
    CHECK(check<Countdown>("3 3 8 8 24", {"8/3=8/3"}, "3-8/3=1/3") ==
          Label::wrong); // without brackets
    CHECK(check<Countdown>("7 7", {}, "7", true) == Label::right);
}

TEST_CASE("countdown: answers are expressions of all numbers") {
    const Countdown world;
    for (const char* answer : {"8/(3-8/3)", "8/(3-(8/3))", "8/(3-8/3)=24"})
        CHECK(world.check_answer("3 3 8 8 24", answer));
    for (const char* answer :
         {"24", "3*8", "8*3+3-8", "8/(3-8/3)=25", "", "8/(3-8/3", "-8/(8/3-3)"})
        CHECK(!world.check_answer("3 3 8 8 24", answer));
    CHECK(world.check_answer("3 4 12", "(4/1)*3") == false);
    // A fraction that stands in an answer is one of the problem's, or made of two of them.
    CHECK(world.check_answer("1/11 1 5 8 24", "8+5+1/(1/11)"));
    CHECK(world.check_answer("1/2 1 2 1", "1/2+1/2"));
    CHECK_FALSE(world.check_answer("1/2 1 2 1", "1/2+(1-1/2)"));
    CHECK(world.check_answer("1/11 1 5 8 24", world.answer("1/11 1 5 8 24")));
    const Path path{"3 3 8 8 24", {"8/3=8/3 8/3 3 8", "3-(8/3)=1/3 1/3 8", "8/(1/3)=24"}, true};
    CHECK(world.solved(path));
    CHECK(world.answer_of(path) == "8/(3-(8/3))");
    CHECK(world.state(path) == "24 24");
    CHECK(world.state({"3 3 8 8 24", {"8/3=8/3"}, false}) == "8/3 3 8 24");
    CHECK(world.plain_step("8/3=8/3 8/3 3 8") == "8/3=8/3");
    CHECK(!world.solved({"3 3 8 8 24", {"8/3=8/3 8/3 3 8"}, true}));
    CHECK(!world.solved({"3 3 8 8 24", path.steps, false}));
    CHECK(!world.solved({"3 3 8 8 24", {"24"}, true}));
    CHECK(world.check_answer("1 5 8 11 24", world.answer("1 5 8 11 24")));
}

TEST_CASE("countdown: 1362 of the 1820 hands of the Game of 24 can be solved") {
    const Countdown world;
    CountdownSolver solver(rational(24));
    int hands = 0, solvable = 0;
    for (int a = 1; a <= 13; ++a)
        for (int b = a; b <= 13; ++b)
            for (int c = b; c <= 13; ++c)
                for (int d = c; d <= 13; ++d) {
                    const Hand hand{{rational(a), rational(b), rational(c), rational(d)},
                                    rational(24)};
                    ++hands;
                    if (!solver.solvable(hand.numbers)) continue;
                    ++solvable;
                    if (solvable % 40 != 0) continue;
                    // The derivation is right by the verifier, and so is its answer.
                    Path path{print(hand), {}, false};
                    const auto steps = derive_countdown(path.problem);
                    REQUIRE(steps.size() == 3);
                    for (size_t i = 0; i < 3; ++i) {
                        CHECK(world.check_step(path, steps[i], i == 2) == Label::right);
                        path.steps.push_back(steps[i]);
                    }
                    path.finished = true;
                    CHECK(world.solved(path));
                    CHECK(world.check_answer(path.problem, world.answer_of(path)));
                }
    CHECK(hands == 1820);
    CHECK(solvable == 1362);
}

TEST_CASE("countdown: nothing is lost without differences below zero") {
    // Against all moves, on small hands and all targets from -4 to 30.
    class Every {
      public:
        explicit Every(Rational target) : target_(target) {}
        bool solvable(const std::vector<Rational>& numbers) const {
            if (numbers.size() == 1) return numbers.front() == target_;
            for (const Move& move : moves(numbers, true))
                if (solvable(*after(numbers, move))) return true;
            return false;
        }

      private:
        Rational target_;
    };
    for (int a = 1; a <= 6; ++a)
        for (int b = a; b <= 6; ++b)
            for (int c = b; c <= 6; ++c)
                for (int target = -4; target <= 30; target += 2) {
                    const std::vector<Rational> numbers = {rational(a), rational(b), rational(c)};
                    CHECK(CountdownSolver(rational(target)).solvable(numbers) ==
                          Every(rational(target)).solvable(numbers));
                }
}

TEST_CASE("countdown: what is legal is public, what leads on is not") {
    const Countdown world;
    const std::string problem = "1 5 8 11 24";
    CHECK(world.legal({problem, {}, false}));
    CHECK(world.legal({problem, {"8-5=3 1 3 11"}, false}));
    CHECK(world.legal({problem, {"8*5=40 1 11 40", "40*11=440 1 440"}, false})); // a dead end
    CHECK(world.legal({problem, {"8+11=19 1 5 19", "19+5=24 1 24", "24/1=24"}, true}));
    CHECK(!world.legal({problem, {"8-5=4 1 4 11"}, false})); // wrong arithmetic
    CHECK(!world.legal({problem, {"8-7=1 1 1 11"}, false})); // no 7 is there
    CHECK(!world.legal({problem, {"8-5=3 1 3 12"}, false})); // another list
    CHECK(!world.legal({problem, {"8+11=19 1 5 19", "19+5=24 1 24", "24/1=24"}, false}));
    CHECK(world.shortest(problem) == 3);
    CHECK(world.shortest("24 24") == 1);
}
