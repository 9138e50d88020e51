#include "search/worlds/arithmetic/arithmetic.h"
#include "search/worlds/make_world.h"

#include "engine/base/error.h"
#include "search/worlds/arithmetic/expression.h"
#include "tests/search/worlds/check.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::search;

TEST_CASE("DeepMind Mathematics' sentences become expressions") {
    const Arithmetic world;
    const std::pair<const char*, const char*> cases[] = {
        {"3 + -4", "3+-4"},
        {"Work out 3 + -4.", "3+-4"},
        {"Add 3 and -4.", "3+-4"},
        {"Put together 3 and -4.", "3+-4"},
        {"Sum 3 and -4.", "3+-4"},
        {"Total of 3 and -4.", "3+-4"},
        {"Add together 3 and -4.", "3+-4"},
        {"What is 3 plus -4?", "3+-4"},
        {"Calculate -841880142.544 + 411127.", "(-105235017818/125)+411127"},
        {"What is -4 minus 3?", "-4-3"},
        {"What is -4 take away 3?", "-4-3"},
        {"What is 3 less than 5?", "5-3"},
        {"Subtract 3 from 4.", "4-3"},
        {"What is the difference between 3 and 5?", "5-3"},
        {"What is the distance between 5 and -3?", "5--3"},
        {"-0.5*12", "(-1/2)*12"},
        {"Calculate 3*4.", "3*4"},
        {"Multiply 3 and -4.", "3*-4"},
        {"Product of 3 and 4.", "3*4"},
        {"What is the product of -3 and 4?", "-3*4"},
        {"3 times 4", "3*4"},
        {"What is 3 times 4?", "3*4"},
        {"Divide 6 by 4.", "6/4"},
        {"Divide 7 by 2.", "7/2"},
        {"-6 divided by 4", "-6/4"},
        {"Calculate 4 divided by -2.", "4/-2"},
        {"What is (-1 - -2)/(3/6)?", "(-1--2)/(3/6)"},
        {"Evaluate (-4)/(-2)*2/(-8).", "-4/-2*2/-8"},
        {"What is the value of 1 - (2 + 3)?", "1-(2+3)"},
    };
    for (const auto& [sentence, expression] : cases) CHECK(world.read(sentence) == expression);
}

TEST_CASE("problems outside the world or without a value are refused") {
    const Arithmetic world;
    for (const char* line :
         {"", "In base 5, what is 3 + 4?", "What is the square root of 9 to the nearest integer?",
          "Simplify sqrt(12).", "1/0", "Divide 3 by 0.", "3/(2-2)", "hello", "Add 3 and",
          "What is 9223372036854775807 + 1?"})
        CHECK_THROWS_AS_MESSAGE(world.read(line), Error, line);
    CHECK_THROWS_WITH(world.read("1/0"), "division by zero");
}

TEST_CASE("a step is right, neutral or wrong") {
    const std::string problem = "3*(4+5)-2";
    CHECK(check<Arithmetic>(problem, {}, "3*9-2") == Label::right);
    CHECK(check<Arithmetic>(problem, {}, "27-2") == Label::right); // two at once
    CHECK(check<Arithmetic>(problem, {}, "25", true) == Label::right);
    CHECK(check<Arithmetic>(problem, {}, "25") == Label::neutral); // the number without the mark
    CHECK(check<Arithmetic>(problem, {}, "3*(4+5)-2") == Label::neutral);
    CHECK(check<Arithmetic>(problem, {}, "3*(5+4)-2") == Label::neutral);
    CHECK(check<Arithmetic>(problem, {}, "5*5") ==
          Label::right); // any line of that value and less to do
    CHECK(check<Arithmetic>(problem, {}, "3*8-2") == Label::wrong);
    CHECK(check<Arithmetic>(problem, {}, "27-2", true) == Label::wrong); // no number
    CHECK(check<Arithmetic>(problem, {}, "26", true) == Label::wrong);
    CHECK(check<Arithmetic>(problem, {}, "") == Label::wrong);
    CHECK(check<Arithmetic>(problem, {}, "3*9-") == Label::wrong);
    CHECK(check<Arithmetic>(problem, {}, "25/(1-1)") == Label::wrong);
    CHECK(check<Arithmetic>(problem, {"3*9-2"}, "27-2") == Label::right);
    CHECK(check<Arithmetic>(problem, {"3*8-2"}, "24-2") ==
          Label::right); // judged against the line before
    CHECK(check<Arithmetic>(problem, {"25"}, "25", true) == Label::right);
    CHECK(check<Arithmetic>("6/4", {}, "6/4", true) == Label::wrong);
    CHECK(check<Arithmetic>("6/4", {}, "3/2", true) == Label::right);
    CHECK(check<Arithmetic>("7/2", {}, "7/2", true) == Label::right);
    CHECK(check<Arithmetic>("5", {}, "5", true) == Label::right);
    CHECK(check<Arithmetic>("1/0", {}, "1/0", true) == Label::wrong);
}

TEST_CASE("answers") {
    const Arithmetic world;
    CHECK(world.answer("3*(4+5)-2") == "25");
    CHECK(world.answer("3*7/2") == "21/2");
    CHECK(world.check_answer("3*7/2", "21/2"));
    CHECK(world.check_answer("3*7/2", "10.5"));
    CHECK(!world.check_answer("3*7/2", "42/4"));
    CHECK(!world.check_answer("3*7/2", "3*7/2"));
    CHECK(!world.check_answer("3*7/2", "21"));
    CHECK(!world.check_answer("3*7/2", ""));
    CHECK(!world.check_answer("4/2", "4/2"));
    CHECK(world.canonical_answer("4/2") == "2");
    CHECK(world.canonical_answer("-6/4") == "-3/2");
    CHECK(world.canonical_answer("0.5") == "1/2");
    CHECK(world.canonical_answer("3+4") == "3+4");
    CHECK(world.canonical_answer("4/0") == "4/0");
    CHECK(world.canonical_answer("?") == "?");
}

TEST_CASE("the derivation is right by the verifier, one operation a step") {
    const Arithmetic world;
    CHECK(derivation("3*(4+5)-2") == std::vector<std::string>{"3*9-2", "27-2", "25"});
    CHECK(derivation("7/2") == std::vector<std::string>{"7/2"});
    for (const char* problem :
         {"3*(4+5)-2", "(-1--2)/(3/6)", "-(3+4)*2-(5-6/4)", "1/2+1/3-0.25", "5", "2-(3-(4-5*6))",
          "3*7/2+1", "-4/-2*2/-8", "((2+3)*(4-6)+1)/(5-2)"}) {
        Path path{world.read(problem), {}, false};
        const std::vector<std::string> steps = derivation(path.problem);
        int left = operations(parse_expression(path.problem));
        for (size_t i = 0; i < steps.size(); ++i) {
            const bool final = i + 1 == steps.size();
            CHECK(world.check_step(path, steps[i], final) == Label::right);
            path.steps.push_back(steps[i]);
            CHECK(operations(parse_expression(steps[i])) <= left);
            left = operations(parse_expression(steps[i]));
        }
        CHECK(steps.back() == world.answer(path.problem));
    }
}

TEST_CASE("worlds by name") {
    CHECK(make_world("arithmetic")->name() == "arithmetic");
    CHECK(make_world("equations")->name() == "equations");
    CHECK(known_worlds().starts_with("arithmetic, equations, "));
    CHECK(known_worlds().ends_with(" or gsm8k:FILE"));
    CHECK_THROWS_WITH_AS(make_world("algebra"),
                         ("unknown world \"algebra\": expected " + known_worlds()).c_str(), Error);
    CHECK(takes_problems_of("words", "gsm8k:test.jsonl"));
    CHECK(!takes_problems_of("countdown", "gsm8k:test.jsonl"));
    CHECK(!takes_problems_of("words", "countdown"));
}

TEST_CASE("arithmetic: a shortest solution has a line for each operation") {
    const Arithmetic world;
    for (const char* problem : {"3*(4+5)-2", "7", "6/4", "(-8)/(-2)*3", "1+2+3+4"})
        CHECK(world.shortest(world.read(problem)) == std::ssize(derivation(world.read(problem))));
}
