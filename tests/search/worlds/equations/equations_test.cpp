#include "search/worlds/equations/equations.h"

#include "engine/base/error.h"
#include "tests/search/worlds/check.h"

#include <doctest/doctest.h>
#include <map>
#include <set>

using namespace qstar;
using namespace qstar::search;

namespace {

// The fewest rewritings by breadth-first search, -1 if more than `limit`.
int shortest(const Equation& start, int limit) {
    std::set<std::string> seen = {print(start)};
    std::vector<Equation> level = {start};
    const auto solved = [](const Equation& e) {
        if (e.left.size() > 1 || e.right.size() > 1) return false;
        const auto alone = [](const std::vector<Term>& side) {
            return side.size() == 1 && side[0].unknown && side[0].value == rational(1);
        };
        const auto number = [](const std::vector<Term>& side) {
            return side.empty() || !side[0].unknown;
        };
        return (alone(e.left) && number(e.right)) || (number(e.left) && alone(e.right));
    };
    for (int depth = 0; depth <= limit; ++depth) {
        std::vector<Equation> next;
        for (const Equation& e : level) {
            if (solved(e)) return depth;
            for (Equation& child : rewritings(e))
                if (seen.insert(print(child)).second) next.push_back(std::move(child));
        }
        level = std::move(next);
    }
    return -1;
}

} // namespace

TEST_CASE("the sentences of algebra__linear_1d become equations") {
    const Equations world;
    const std::pair<const char*, const char*> cases[] = {
        {"Solve 24 = 1601*c - 1605*c for c.", "24=1601*c-1605*c"},
        {"Solve 657 = -220*t + 1086*t + 22307 for t.", "657=-220*t+1086*t+22307"},
        {"Solve -11*y - 263*y + 3162 = -88*y for y.", "-11*y-263*y+3162=-88*y"},
        {"Solve -d - 5 = 0 for d.", "-d-5=0"},
        {"Solve 0 = 0*x + 4*x - -8 for x", "0=4*x+8"},
        {"2*a = 7/2", "2*a=7/2"},
        {"(-3/2)*a+0.5=a", "-(3/2)*a+1/2=a"},
    };
    for (const auto& [sentence, equation] : cases) {
        CHECK(world.read(sentence) == equation);
        CHECK(world.read(equation) == equation);
    }
    CHECK(world.answer("24=1601*c-1605*c") == "-6");
    CHECK(world.answer("2*a=7/2") == "7/4");
}

TEST_CASE("what is no equation with one solution is refused") {
    const Equations world;
    for (const char* line : {"",
                             "3+4",
                             "3=4",
                             "x=",
                             "=x",
                             "2*x=x+y",
                             "Solve 2*x = 4 for y.",
                             "Solve 2*x = 4.",
                             "x=x",
                             "x=x+1",
                             "0*x=0",
                             "x*x=4",
                             "2x=4",
                             "x=1=2",
                             "x=1/0",
                             "Solve x = 4 for xy.",
                             "Let w be 3. Solve 2*c = w for c.",
                             "Solve -42*r + 27*c = -1 and r = 2 for r.",
                             "x=99999999999999999999",
                             "x+\xff=2"})
        CHECK_THROWS_AS_MESSAGE(world.read(line), Error, line);
    std::string many = "x";
    for (int i = 0; i < 13; ++i) many += "+1";
    CHECK_THROWS_AS(world.read(many + "=0"), Error);
    CHECK_THROWS_WITH(world.read("x=x+1"),
                      "expected an equation with one solution, found one that no number solves");
    CHECK_THROWS_WITH(world.read("2*x=x+y"), "column 7: expected one unknown, found 'x' and 'y'");
}

TEST_CASE("a step is right, neutral or wrong") {
    const std::string problem = "657=-220*t+1086*t+22307";
    CHECK(check<Equations>(problem, {}, "657=866*t+22307") == Label::right);
    CHECK(check<Equations>(problem, {}, "-21650=-220*t+1086*t") == Label::right);
    CHECK(check<Equations>(problem, {}, "-21650=866*t") == Label::right); // two at once
    CHECK(check<Equations>(problem, {}, "866*t=-21650") ==
          Label::right); // the sides may change places
    CHECK(check<Equations>(problem, {}, "t=-25", true) == Label::right);
    CHECK(check<Equations>(problem, {}, "-25=t", true) == Label::right);
    CHECK(check<Equations>(problem, {}, "t=-25") == Label::neutral);
    CHECK(check<Equations>(problem, {}, "657-22307=-220*t+1086*t") == Label::neutral);
    CHECK(check<Equations>(problem, {}, problem) == Label::neutral);
    CHECK(check<Equations>(problem, {}, "657=867*t+22307") == Label::wrong);
    CHECK(check<Equations>(problem, {}, "657=866*u+22307") == Label::wrong);
    CHECK(check<Equations>(problem, {}, "657=866*t+22307", true) == Label::wrong);
    CHECK(check<Equations>(problem, {}, "0=0") == Label::wrong);
    CHECK(check<Equations>(problem, {}, "") == Label::wrong);
    CHECK(check<Equations>(problem, {"657=867*t+22307"}, "-21650=867*t") ==
          Label::right); // as it follows
    CHECK(check<Equations>("4*t=6", {}, "t=6/4", true) == Label::wrong);
    CHECK(check<Equations>("4*t=6", {}, "t=3/2", true) == Label::right);
    CHECK(check<Equations>("t=5", {}, "t=5", true) == Label::right);
}

TEST_CASE("answers to equations") {
    const Equations world;
    for (const char* answer : {"-25", "t=-25", "-25=t", " t = -25 ", "-25.0"})
        CHECK(world.check_answer("657=-220*t+1086*t+22307", answer));
    for (const char* answer : {"25", "", "t", "t=25", "2*t=-50", "-50/2", "?"})
        CHECK(!world.check_answer("657=-220*t+1086*t+22307", answer));
    CHECK(world.canonical_answer("c=4/2") == "2");
    CHECK(world.canonical_answer("c=-6") == "-6");
    CHECK(world.canonical_answer("nothing") == "nothing");
    CHECK(world.answer_of({"4*c=8", {"c=2"}, true}) == "2");
    CHECK(world.answer_of({"4*c=8", {"c=2"}, false}) == "");
}

TEST_CASE("the rewritings left are those of a breadth-first search") {
    // Small coefficients, so that there are many sums of zero and coefficients of +-1.
    EquationConfig config;
    config.max_terms = 4;
    config.coefficient = 3;
    config.bound = 4;
    config.solution = 3;
    config.letters = "x";
    Random random(1, "tests/equations");
    std::map<int, int> counts;
    for (int i = 0; i < 150; ++i) {
        const Equation equation = parse_equation(draw_equation(config, random));
        const int left = rewritings_left(equation);
        CHECK_MESSAGE(shortest(equation, left) == left, print(equation));
        ++counts[left];
    }
    CHECK(counts.size() >= 4); // of different lengths
    for (const char* text : {"5-x=0", "0=5-x", "x=0", "-x=0", "3*x=0", "x+5=5+3", "5-5+x=2*x",
                             "1-1+2-2=x", "3-x=3", "2*x-x-x=1-x"}) {
        const Equation equation = parse_equation(text);
        CHECK_MESSAGE(shortest(equation, 9) == rewritings_left(equation), text);
    }
}

TEST_CASE("the derivation is right by the verifier, and as short as can be") {
    const Equations world;
    CHECK(derive_equation("657=-220*t+1086*t+22307") ==
          std::vector<std::string>{"657=866*t+22307", "-21650=866*t", "t=-25"});
    CHECK(derive_equation("t=5") == std::vector<std::string>{"t=5"});
    Random random(2, "tests/equations");
    for (int i = 0; i < 300; ++i) {
        const std::string problem = draw_equation({}, random);
        REQUIRE(world.read(problem) == problem);
        Path path{problem, {}, false};
        const std::vector<std::string> steps = derive_equation(problem);
        CHECK(steps.size() ==
              static_cast<size_t>(std::max(1, rewritings_left(parse_equation(problem)))));
        for (size_t k = 0; k < steps.size(); ++k) {
            CHECK(world.check_step(path, steps[k], k + 1 == steps.size()) == Label::right);
            path.steps.push_back(steps[k]);
        }
        CHECK(world.check_answer(problem, steps.back()));
    }
}

TEST_CASE("the generator keeps its bounds and repeats itself by its seed") {
    EquationConfig config;
    config.letters = "c";
    Random random(3, "tests/equations"), again(3, "tests/equations");
    for (int i = 0; i < 200; ++i) {
        const std::string problem = draw_equation(config, random);
        CHECK(problem == draw_equation(config, again));
        const Equation equation = parse_equation(problem);
        CHECK(solution(equation).is_integer());
        CHECK(equation.left.size() + equation.right.size() <= 5);
        for (const auto* side : {&equation.left, &equation.right})
            for (const Term& term : *side)
                CHECK(std::llabs(term.value.num) <= (term.unknown ? 20 : 100));
    }
    config.max_terms = 1;
    CHECK_THROWS_AS(draw_equation(config, random), Error);
}

TEST_CASE("equations: a shortest solution has as many lines as rewritings are left") {
    const Equations world;
    for (const char* problem : {"24=16*c-20*c", "c=-6", "657=-220*t+1086*t+22307", "-c=7"})
        CHECK(world.shortest(problem) == std::ssize(derive_equation(problem)));
}
