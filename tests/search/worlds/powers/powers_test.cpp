#include "search/worlds/powers/powers.h"

#include "engine/base/error.h"
#include "search/worlds/make_world.h"
#include "tests/search/worlds/check.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::search;

namespace {

Label step_after(const char* line, const char* step, bool final = false) {
    return check<Powers>(line, {}, step, final);
}

} // namespace

TEST_CASE("powers: problems are read, and refused in one sentence") {
    const auto world = make_world("powers");
    CHECK(world->name() == "powers");
    for (const char* text : {"37^13", " 37 ^ 13", "What is the last digit of 37^13?"})
        CHECK(world->read(text) == "37^13");
    for (const char* text : {"", "37", "37^0", "07^2", "7*7^12", "x^2", "-3^2", "3^",
                             "1234567890^2", "37^13^2", "What is the last digit of it?"}) {
        CAPTURE(text);
        CHECK_THROWS_WITH_AS(world->read(text), doctest::Contains("expected a power"), Error);
    }
}

TEST_CASE("powers: a derivation squares and takes factors out, and each of its steps is right") {
    CHECK(derive_power("37^13") ==
          std::vector<std::string>{"7^13", "7*7^12", "7*9^6", "7*1^3", "7*1^2", "7*1^1", "7"});
    CHECK(derive_power("5^1") == std::vector<std::string>{"5"});
    const Powers world;
    for (int64_t base = 0; base < 40; ++base)
        for (int64_t exponent = 1; exponent < 40; ++exponent) {
            int64_t digit = 1;
            for (int64_t i = 0; i < exponent; ++i) digit = digit * base % 10;
            const std::string problem = print(Power{{}, base, exponent});
            const auto lines = derive_power(problem);
            CHECK(std::ssize(lines) == world.shortest(problem));
            CHECK(world.answer(problem) == std::to_string(digit));
            CHECK(world.check_answer(problem, std::to_string(digit)));
            CHECK(!world.check_answer(problem, std::to_string((digit + 1) % 10)));
            Path path{problem, {}, false};
            for (size_t i = 0; i < lines.size(); ++i) {
                CHECK(world.check_step(path, lines[i], i + 1 == lines.size()) == Label::right);
                path.steps.push_back(lines[i]);
            }
            path.finished = true;
            CHECK(world.solved(path));
        }
}

TEST_CASE("powers: a step is right, neutral or wrong") {
    CHECK(step_after("7^12", "9^6") == Label::right);
    CHECK(step_after("37^13", "7*9^6") == Label::right); // several at once
    CHECK(step_after("7^12", "7*7^11") == Label::neutral);
    CHECK(step_after("7^12", "7^12") == Label::neutral);
    CHECK(step_after("7^12", "1") == Label::neutral);
    CHECK(step_after("7^12", "1", true) == Label::right);
    CHECK(step_after("7^12", "9^6", true) == Label::wrong);
    CHECK(step_after("7^12", "4^6") == Label::wrong);
    CHECK(step_after("7^13", "7^12") == Label::wrong);
    for (const char* text : {"", "7^", "^6", "09^6", "9^06", "9^0", "10*9^6", "9*6", "01", " 1"}) {
        CAPTURE(text);
        CHECK(step_after("7^12", text) == Label::wrong);
    }
}
