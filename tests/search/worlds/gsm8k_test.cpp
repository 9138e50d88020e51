#include "search/worlds/gsm8k.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "tests/paths.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace qstar;
using namespace qstar::search;

namespace {

const std::string file = std::string(tests::source_dir) + "/tests/train/reference/gsm8k.jsonl";

} // namespace

TEST_CASE("annotations are checked, rounded to the decimals that they have") {
    CHECK(check_annotations("She has 4*6 = <<4*6=24>>24 pens.") == Label::right);
    CHECK(check_annotations("<<1/3=0.33>> and <<2/3=0.67>> and <<2/3=0.667>>") == Label::right);
    CHECK(check_annotations("<<2/3=0.66>>") == Label::wrong);
    CHECK(check_annotations("<<(3+5)*.5=4>>") == Label::right);
    CHECK(check_annotations("<<7/2=4>>") == Label::right); // rounded, and 3 too
    CHECK(check_annotations("<<7/2=5>>") == Label::wrong);
    CHECK(check_annotations("<<4*6=24>> but <<24-9=16>>") == Label::wrong);
    CHECK(check_annotations("<<4*6=24>> but <<24-9=16") == Label::wrong);
    CHECK(check_annotations("<<24>>") == Label::wrong);
    CHECK(check_annotations("<<=>>") == Label::wrong);
    CHECK(check_annotations("<<x*6=24>>") == Label::wrong);
    CHECK(check_annotations("<<1/0=1>>") == Label::wrong);
    CHECK(check_annotations("<<9223372036854775807*9=1>>") == Label::wrong); // overflow
    CHECK(check_annotations("<<1=9223372036854775807.5>>") == Label::wrong);
    CHECK(check_annotations("She counts her pens.") == Label::neutral);
    CHECK(check_annotations("") == Label::neutral);
}

TEST_CASE("the world of one file's word problems") {
    const auto world = make_world("gsm8k:" + file);
    CHECK(world->name() == "gsm8k");
    const auto problems = read_word_problems(file);
    REQUIRE(problems.size() == 6);
    for (const WordProblem& problem : problems) {
        CHECK(world->read("  " + problem.question + "\r\n") == problem.question);
        // The written solutions are right, line by line.
        Path path{problem.question, {}, false};
        for (const std::string& line : problem.solution) {
            const bool final = &line == &problem.solution.back();
            CHECK(world->check_step(path, line, final) != Label::wrong);
            path.steps.push_back(line);
        }
        CHECK(world->check_answer(problem.question, problem.solution.back()));
    }
    const std::string& pay = problems[2].question;
    CHECK(world->answer(pay) == "1100");
    CHECK(world->check_answer(pay, "#### $1,100.00"));
    CHECK(!world->check_answer(pay, "1101"));
    CHECK(!world->check_answer(pay, "1100 dollars"));
    CHECK(world->check_step({pay, {}, false}, "1101", true) == Label::wrong);
    CHECK(world->canonical_answer("$1,100.0") == "1100");
    CHECK(world->canonical_answer("many") == "many");
    CHECK(!world->check_answer("Who knows?", "1"));
    CHECK_THROWS_WITH_AS(world->answer("Who knows?"), doctest::Contains("has no answer"), Error);
    CHECK_THROWS_AS(world->read(" \n"), Error);
}

TEST_CASE("a broken file of word problems is refused with its line") {
    const std::string path =
        (std::filesystem::temp_directory_path() / "qstar_gsm8k_test.jsonl").string();
    const auto refuses = [&](const std::string& line, const std::string& reason) {
        write_file_atomic(path, R"({"question": "1?", "answer": "#### 1"})"
                                "\n" +
                                    line + "\n");
        CHECK_THROWS_WITH_AS(read_word_problems(path), doctest::Contains((path + ":2").c_str()),
                             Error);
        CHECK_THROWS_WITH_AS(read_word_problems(path), doctest::Contains(reason.c_str()), Error);
    };
    refuses("{", "not JSON");
    refuses(R"({"question": "2?"})", "answer");
    refuses(R"({"question": " ", "answer": "#### 2"})", "expected a question");
    refuses(R"({"question": "2?", "answer": "It is 2."})", "found \"It is 2.\"");
    refuses(R"({"question": "2?", "answer": ""})", "#### NUMBER");
    refuses(R"({"question": "2?", "answer": "#### two"})", "#### NUMBER");
    std::filesystem::remove(path);
    CHECK_THROWS_AS(make_world("gsm8k:" + path), Error);
}
