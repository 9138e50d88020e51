#include "engine/text/json.h"
#include "search/worlds/make_world.h"
#include "search/worlds/words/gsm8k.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "search/worlds/words/words.h"
#include "tests/paths.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>

using namespace qstar;
using namespace qstar::search;

namespace {

const std::string file = std::string(tests::source_dir) + "/tests/train/reference/gsm8k.jsonl";

} // namespace

TEST_CASE("a line is right, wrong or neutral by its annotations") {
    CHECK(check_annotations("She has 4*6 = <<4*6=24>>24 pens.") == Label::right);
    CHECK(check_annotations("<<1/3=0.33>> and <<2/3=0.67>> and <<2/3=0.667>>") == Label::right);
    CHECK(check_annotations("<<7/2=4>>") == Label::wrong);
    CHECK(check_annotations("<<4*6=24>> but <<24-9=16>>") == Label::wrong);
    CHECK(check_annotations("<<4*6=24>> but <<24-9=16") == Label::wrong);
    CHECK(check_annotations("<<x*6=24>>") == Label::wrong);
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
    CHECK(world->check_answer(pay, "1100 dollars"));
    CHECK(!world->check_answer(pay, "11,00"));
    CHECK(!world->check_answer(pay, "1000+100"));
    CHECK(!world->check_answer(pay, "2200/2"));
    CHECK(world->check_step({pay, {}, false}, "1101", true) == Label::wrong);
    CHECK(world->canonical_answer("$1,100.0") == "1100");
    CHECK(world->canonical_answer("many") == "many");
    CHECK(!world->check_answer("Who knows?", "1"));
    CHECK_THROWS_WITH_AS(world->answer("Who knows?"), doctest::Contains("has no answer"), Error);
    CHECK_THROWS_AS(world->read(" \n"), Error);
    CHECK(world->read_answered(pay, "So much.\n#### $1,100") == pay);
    CHECK_THROWS_WITH_AS(world->read_answered(pay, "#### 1101"),
                         doctest::Contains("1100, found \"#### 1101\""), Error);
    CHECK_THROWS_WITH_AS(world->read_answered("Who knows?", "1"),
                         doctest::Contains("has no answer"), Error);
}

TEST_CASE("answers in many shapes: the worlds gsm8k and words read the same of them") {
    const std::string folder = std::string(tests::source_dir) + "/tests/cases/words/";
    const std::pair<const char*, const char*> cases[] = {
        {"decimal_zero", "3"}, {"dot", "18"},      {"endash", "-3"}, {"euro", "5"},
        {"fraction", "1/2"},   {"nbsp", "5"},      {"nospace", "5"}, {"plus", "3"},
        {"uminus", "-3"},      {"words", "10"},    {"boxed", ""},    {"comma_end", ""},
        {"expr", ""},          {"lone_comma", ""}, {"none", ""},     {"nothing", ""},
        {"space", ""},         {"time", ""},       {"unreduced", ""}};
    for (const auto& [shape, value] : cases) {
        const std::string path = folder + "a_" + shape + ".jsonl";
        CAPTURE(path);
        const JsonLine line = read_jsonl(path).at(0);
        const std::string answer = string_field(line, "answer");
        if (*value == 0) {
            CHECK_THROWS_WITH_AS(read_word_problems(path), doctest::Contains("#### NUMBER"), Error);
            CHECK_THROWS_AS(make_world("words")->read_answered("How many?", answer), Error);
            continue;
        }
        const auto world = make_world("gsm8k:" + path);
        CHECK(world->answer(string_field(line, "question")) == value);
        CHECK_NOTHROW(make_world("words")->read_answered("How many?", answer));
        CHECK(make_world("words")->canonical_answer(answer) == value);
    }
}

TEST_CASE("the answer of a file stands behind the last mark") {
    for (const char* end : {"#### 10 apples", "##### 10 apples", "#### 7 #### 10 apples"}) {
        const WordProblem read = word_problem(
            {Json{{"question", "How many?"}, {"answer", std::string("5+5\n") + end}}, "line"});
        CHECK(read.solution.back() == "10 apples");
        CHECK(Gsm8k({read}, "file").check_answer("How many?", read.solution.back()));
    }
}

TEST_CASE("answers to a file's problems: numbers, not calculations") {
    const std::string folder = std::string(tests::source_dir) + "/tests/cases/words/";
    const auto world = make_world("gsm8k:" + folder + "quirks.jsonl");
    const std::pair<const char*, std::vector<const char*>> right[] = {
        {"q1 comma", {"2,400", "2400", "$2,400", "2400.00", "2400 dollars", "2400."}},
        {"q2 dollar", {"$10", "10", "10%"}},
        {"q3 negative", {"-3", "\u22123"}},
        {"q4 point five", {".5", "0.5", "1/2", "0.50"}},
        {"q5 decimals", {"0.33", "33/100"}},
        {"q6 wrong final", {"140"}},
        {"q7 wrong annotation", {"41"}},
        {"q10 trailing blank", {"2"}},
        {"q11 CRLF", {"2"}}};
    int judged = 0, found_right = 0;
    for (const JsonLine& line : read_jsonl(folder + "answers.jsonl")) {
        const std::string problem = string_field(line, "problem");
        const std::string answer = strings_field(line, "steps").back();
        bool expected = false;
        for (const auto& [question, answers] : right)
            if (question == problem)
                expected = std::find(answers.begin(), answers.end(), answer) != answers.end();
        CHECK_MESSAGE(world->check_answer(problem, answer) == expected, (problem + ": " + answer));
        ++judged;
        found_right += expected;
    }
    CHECK(judged == 37);
    CHECK(found_right == 19);
    for (const auto& [question, answers] : right)
        for (const char* answer : answers) CHECK(world->check_answer(question, answer));
}

TEST_CASE("annotations in many shapes: gsm8k and words label the same") {
    const std::string folder = std::string(tests::source_dir) + "/tests/cases/words/";
    const Words words;
    std::string labels;
    for (const char* name : {"annotations.jsonl", "annotations2.jsonl"}) {
        for (const JsonLine& line : read_jsonl(folder + name)) {
            const std::string step = strings_field(line, "steps").front();
            const Label label = check_annotations(step);
            CHECK(label != Label::neutral);
            // Of a text that is no story, words cannot say that a step is needed.
            CHECK_MESSAGE((words.check_step({"How many?", {}, false}, step, false) ==
                           (label == Label::wrong ? Label::wrong : Label::neutral)),
                          step);
            labels += label == Label::right ? '+' : '-';
        }
        labels += ' ';
    }
    CHECK(labels == "++++-----++-++-++-----+-----++++-+--- --+++----- ");
    CHECK(words.check_step({"How many?", {}, false}, "Let us see.", false) == Label::neutral);
}

TEST_CASE("a file of word problems may have any name, blank ends, and a question twice") {
    const std::string folder = std::string(tests::source_dir) + "/tests/cases/words/";
    const std::string crate = "A crate holds 12 jars. How many jars do 3 crates hold?";
    CHECK(make_world("gsm8k:" + folder + "colon and blank.jsonl")->answer(crate) == "36");
    CHECK(make_world("gsm8k:" + folder + "ok.jsonl")->answer(crate) == "36");
    CHECK(make_world("gsm8k:" + folder + "many.jsonl")->answer("How many is 1 and 3?") == "4");
    CHECK(make_world("gsm8k:" + folder + "blankq.jsonl")->answer("How many?") == "2");
    const std::string twice = folder + "dupq.jsonl";
    CHECK_THROWS_WITH_AS(make_world("gsm8k:" + twice),
                         doctest::Contains((twice + ":2: expected another question, or the answer "
                                                    "of line 1, 2, found 3")
                                               .c_str()),
                         Error);
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
    refuses(R"({"question": "2?", "answer": "#### 2The answer isapples"})", "#### NUMBER");
    std::filesystem::remove(path);
    CHECK_THROWS_AS(make_world("gsm8k:" + path), Error);
}
