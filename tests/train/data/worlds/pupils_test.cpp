#include "search/worlds/make_world.h"
#include "train/data/class/pupils.h"
#include "train/data/worlds/arithmetic/arithmetic_class.h"
#include "train/data/worlds/arithmetic/problems.h"

#include "engine/base/error.h"
#include "search/problem/world.h"
#include "search/worlds/arithmetic/arithmetic.h"
#include "train/data/class_info.h"
#include "train/data/corpus.h"
#include "train/data/problem_source.h"
#include "train/data/worlds/arithmetic/line.h"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::train;

namespace {

using Lines = std::vector<std::string>;

Lines write(unsigned habits, const std::string& problem, double rate = 0) {
    Random random(7, "test");
    return solve({"pupil", habits, 1, rate}, problem, random);
}

} // namespace

TEST_CASE("each habit makes its own mistake") {
    CHECK(write(0, "3*(4+5)-2") == Lines{"3*9-2", "27-2", "25"});
    CHECK(write(left_to_right, "2+3*4") == Lines{"5*4", "20"});
    CHECK(write(left_to_right, "2*(3+4*5)") == Lines{"2*(7*5)", "2*35", "70"});
    CHECK(write(drops_brackets, "3*(4+5)-2") == Lines{"12+5-2", "17-2", "15"});
    CHECK(write(loses_signs, "3-5+4") == Lines{"2+4", "6"});
    CHECK(write(forgets_carries, "9*3+15") == Lines{"27+15", "32"});
    CHECK(write(forgets_carries, "8*4-15") == Lines{"32-15", "27"});
    CHECK(write(forgets_carries, "7+5") == Lines{"12"}); // single digits are known by heart
    CHECK(write(skips, "3*(4+5)-2") == Lines{"27-2", "25"});
    CHECK(write(left_to_right | drops_brackets | loses_signs, "1-4*(2+3)") ==
          Lines{"3*2+3", "6+3", "9"});
}

TEST_CASE("slips are near the truth, wrong copies change one digit") {
    for (int i = 0; i < 200; ++i) {
        Random random(static_cast<uint64_t>(i), "test");
        const Lines slipped = solve({"pupil", slips, 1, 1.0}, "6*7", random);
        const int64_t off = std::abs(std::stoll(slipped.at(0)) - 42);
        const bool near = off == 1 || off == 2 || off == 6 || off == 7;
        CHECK(near);
        const Lines copied = solve({"pupil", miscopies, 1, 1.0}, "2+3-4", random);
        CHECK(copied.at(0).starts_with("5-"));
        CHECK(copied.at(0) != "5-4");
    }
}

TEST_CASE("an expert writes the world's derivation and is always right") {
    const auto world = search::make_world("arithmetic");
    Random random(1, "test");
    for (int i = 0; i < 500; ++i) {
        const std::string problem = draw_problem(ProblemConfig{}, random);
        const Lines lines = solve({"expert", 0, 1, 0}, problem, random);
        CHECK(lines == search::derivation(problem));
        CHECK(world->check_answer(problem, lines.back()));
    }
}

TEST_CASE("experts are the minority, and bad mathematics is the likeliest") {
    const std::vector<Pupil> pupils = arithmetic_class(0.2);
    double total = 0;
    for (const Pupil& pupil : pupils) total += pupil.share;
    CHECK(total == doctest::Approx(1));
    CHECK(pupils[0].name == "expert");
    CHECK(pupils[0].share == doctest::Approx(0.2));
    Random random(3, "test");
    int experts = 0;
    for (int i = 0; i < 5000; ++i) experts += draw_pupil(pupils, random).name == "expert";
    CHECK(experts == doctest::Approx(1000).epsilon(0.15));

    ProblemConfig config;
    config.min_operands = 3;
    const auto problems = draw_problems(config, Split::dev, 100, 1);
    CorpusOptions options;
    const IdealModel mixed = ideal_model(problem_source_of(options), problems, 200, 1);
    CHECK(mixed.greedy < 0.7);
    CHECK(mixed.greedy > 0.3);
    CHECK(mixed.any > 0.95);
    options.experts = 1;
    const IdealModel expert = ideal_model(problem_source_of(options), problems, 20, 1);
    CHECK(expert.sample == 1);
    CHECK(expert.greedy == 1);
}

TEST_CASE("changes to the class") {
    std::vector<Pupil> pupils = arithmetic_class(0.2);
    change(pupils, "slipper=0.5:0.25");
    const Pupil& slipper = *std::find_if(pupils.begin(), pupils.end(),
                                         [](const Pupil& p) { return p.name == "slipper"; });
    CHECK(slipper.share == 0.5);
    CHECK(slipper.rate == 0.25);
    CHECK_THROWS_WITH_AS(change(pupils, "nobody=1"), doctest::Contains("no pupil \"nobody\""),
                         Error);
    CHECK_THROWS_AS(change(pupils, "slipper"), Error);
    CHECK_THROWS_AS(change(pupils, "slipper=x"), Error);
    CHECK_THROWS_AS(arithmetic_class(1.5), Error);
    Random random(1, "test");
    CHECK_THROWS_AS(solve(pupils[0], "1/2", random), Error);
    CHECK_THROWS_AS(solve(pupils[0], "3+", random), Error);
}

TEST_CASE("an item as text") {
    CHECK(text_of_item("3*(4+5)-2", Lines{"3*9-2", "27-2", "25"}) ==
          "<|problem|>3*(4+5)-2<|step|>3*9-2<|step|>27-2<|step|>25<|answer|>");
}
