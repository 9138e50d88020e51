#include "train/data/worlds/arithmetic/arithmetic_teaching.h"
#include "train/data/worlds/arithmetic/forms_class.h"
#include "train/data/worlds/arithmetic/problems.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "search/worlds/arithmetic/arithmetic.h"
#include "search/worlds/arithmetic/expression.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "train/data/corpus.h"
#include "train/data/problem_source.h"

#include <doctest/doctest.h>
#include <map>

using namespace qstar;
using namespace qstar::train;

namespace {

ProblemConfig form_config(const std::string& form) {
    ProblemConfig config;
    config.form = form;
    config.max_operands = 6;
    config.bound = 100;
    check(config);
    return config;
}

} // namespace

TEST_CASE("forms: problems are canonical, small, and of their operations") {
    const search::Arithmetic world;
    const std::pair<const char*, const char*> not_in[] = {
        {"add_sub_multiple", "*/"}, {"mul_div_multiple", "+"}, {"mixed", ""}, {"deepmind", ""}};
    for (const auto& [form, others] : not_in) {
        const ProblemConfig config = form_config(form);
        Random random(7, form);
        int divisions = 0, negatives = 0, fractions = 0, nested = 0;
        for (int i = 0; i < 400; ++i) {
            const std::string problem = draw_problem(config, random);
            CAPTURE(problem);
            CHECK(world.read(problem) == problem);
            CHECK(problem.find_first_of(others) == std::string::npos);
            const search::Rational value = search::evaluate(search::parse_expression(problem));
            CHECK(std::abs(static_cast<double>(value.num)) <= 100);
            CHECK(value.den <= 100);
            divisions += problem.find('/') != std::string::npos;
            negatives += value.num < 0;
            fractions += value.den > 1;
            nested += problem.find("((") != std::string::npos;
        }
        CHECK(negatives > 50);
        if (std::string(form) != "add_sub_multiple") {
            CHECK(divisions > 100);
            CHECK(fractions > 20);
        } else {
            CHECK(divisions == 0);
        }
    }
}

TEST_CASE("forms: experts are right by the world's verifier in the fewest lines, others err") {
    const search::Arithmetic world;
    const ProblemConfig config = form_config("deepmind");
    Random random(8, "forms_class_test");
    std::map<std::string, int> right;
    const auto pupils = forms_class(0.2);
    for (int i = 0; i < 300; ++i) {
        const std::string problem = draw_problem(config, random);
        for (const Pupil& pupil : pupils) {
            const auto lines = solve_form(pupil, problem, random);
            REQUIRE(!lines.empty());
            search::Path path{problem, {}, false};
            bool sound = true;
            for (size_t j = 0; j < lines.size(); ++j) {
                const bool final = j + 1 == lines.size();
                sound = sound && world.check_step(path, lines[j], final) == search::Label::right;
                path.steps.push_back(lines[j]);
            }
            path.finished = true;
            CHECK(search::parse_expression(lines.back()).is_number());
            right[pupil.name] += world.solved(path);
            if (pupil.name != "expert") continue;
            CHECK(sound);
            CHECK(std::ssize(lines) == world.shortest(problem));
        }
    }
    CHECK(right["expert"] == 300);
    for (const char* name : {"bracket-ignorer", "sign-loser", "turner", "slipper", "beginner"}) {
        CAPTURE(name);
        CHECK(right[name] < 290);
        CHECK(right[name] > 10);
    }
    CHECK(right["beginner"] < right["slipper"]);
}

TEST_CASE("forms: the misconceptions, one by one") {
    Random random(9, "forms_class_test");
    using Lines = std::vector<std::string>;
    CHECK(solve_form({"", drops_brackets, 1, 0}, "3*(4+5)", random) == Lines{"12+5", "17"});
    CHECK(solve_form({"", loses_signs, 1, 0}, "3-5-4", random) == Lines{"2-4", "2"});
    CHECK(solve_form({"", turns_over, 1, 0}, "2/4*3", random) == Lines{"2*3", "6"});
    CHECK(solve_form({"", 0, 1, 0}, "2/4*3", random) == Lines{"(1/2)*3", "3/2"});
    // Brackets dropped, a division by zero turns up: 0, and no exception.
    CHECK(solve_form({"", drops_brackets, 1, 0}, "6/(3-3+2)", random).back() == "1");
    CHECK(solve_form({"", loses_signs, 1, 0}, "8/((2-4)+2*1-4)", random).back() == "0");
}

TEST_CASE("forms: a corpus of them remembers its form, and plain ones are as they were") {
    const Temporary run;
    auto options = quiet<CorpusOptions>(run.path);
    options.tokens = 5000;
    options.curated = 20;
    options.of<ArithmeticTeaching>().problems = form_config("mixed");
    corpus(options);
    CHECK(teaching_of<ArithmeticTeaching>(run.path).problems.form == "mixed");
    const ProblemSource room = problem_source_of(run.path);
    CHECK(room.pupils.back().name == "beginner");
    for (const std::string& problem : draw_problems(room, Split::dev, 20, 1)) {
        CHECK(split_of(problem) == Split::dev);
        CHECK(search::operations(search::parse_expression(problem)) >= 2);
    }
    const Temporary plain;
    auto as_ever = quiet<CorpusOptions>(plain.path);
    as_ever.tokens = 2000;
    corpus(as_ever);
    CHECK(read_file(plain.path + "/config.json").find("form") == std::string::npos);
    ProblemConfig wrong;
    wrong.form = "cubes";
    CHECK_THROWS_AS(check(wrong), Error);
}

TEST_CASE("forms: DeepMind Mathematics' sentences are read as these expressions") {
    const search::Arithmetic world;
    const std::pair<const char*, const char*> cases[] = {
        {"What is (-6 - -13) + (10 - 8)?", "9"},
        {"Evaluate (-8)/(-2)*3.", "12"},
        {"What is the value of (-3)/6*(3 - 7)?", "2"},
        {"Calculate -1 + (2 - 3 - -7).", "5"},
        {"What is ((-12)/18)/(2/(-9))?", "3"},
        {"Calculate (6/(-4))/((-9)/6).", "1"},
        {"What is 5 - (6 + 2)?", "-3"},
        {"Evaluate 2/4 + (-7)/(-2).", "4"}};
    for (const auto& [sentence, answer] : cases) {
        CAPTURE(sentence);
        const std::string problem = world.read(sentence);
        CHECK(world.answer(problem) == answer);
        Random random(1, "forms_class_test");
        CHECK(solve_form({"expert", 0, 1, 0}, problem, random).back() == answer);
    }
}
