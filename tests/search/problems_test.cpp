#include "search/problems.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/jsonl.h"
#include "search/results.h"
#include "tests/temporary.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::search;

namespace {

std::vector<ProblemLine> read(std::string_view text, std::string_view format = "lines") {
    const Temporary folder;
    return read_problems(*make_world("arithmetic"), folder.file("problems", text), format);
}

std::string refusal(std::string_view text, std::string_view format = "lines") {
    const Temporary folder;
    const std::string file = folder.file("problems", text);
    try {
        read_problems(*make_world("arithmetic"), file, format);
    } catch (const Error& error) {
        return std::string(error.what()).substr(file.size());
    }
    return "accepted";
}

} // namespace

TEST_CASE("problem files: lines, JSON lines, pairs") {
    const auto lines = read("3 + 4\r\n\nWhat is 6/4?\n{\"question\": \"Sum 1 and 2.\"}");
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].problem == "3+4");
    CHECK(lines[1].problem == "6/4");
    CHECK(lines[1].input == "What is 6/4?");
    CHECK(lines[2].problem == "1+2");
    CHECK(read("{\"problem\": \"1+1\", \"answer\": \"2\"}\n", "jsonl")[0].problem == "1+1");
    const auto pairs = read("What is 3 less than 5?\n2\nCalculate 0.5*3.\n1.5\n", "pairs");
    REQUIRE(pairs.size() == 2);
    CHECK(pairs[1].problem == "(1/2)*3");
}

TEST_CASE("a bad line is named") {
    CHECK(refusal("1+1\n\n1/0\n") == ":3: division by zero");
    CHECK(refusal("1+1\n2+\n").starts_with(":2: expected a number"));
    CHECK(refusal("{\"problem\": \n").starts_with(":1: not JSON"));
    CHECK(refusal("{\"text\": \"1\"}\n").starts_with(":1: expected a field"));
    CHECK(refusal("{\"problem\": 1}\n").starts_with(":1: field \"problem\""));
    CHECK(refusal("1+1\n", "jsonl").starts_with(":1: not JSON"));
    CHECK(refusal("[1]\n", "jsonl").starts_with(":1: expected a JSON object"));
    CHECK(refusal("1+1\n2\n3+3\n", "pairs").starts_with(":3: expected an answer"));
    CHECK(refusal("1+1\n3\n", "pairs").starts_with(":2: expected the answer"));
    CHECK(refusal("\n\n").starts_with(": expected at least one problem"));
    CHECK_THROWS_AS(read("1+1\n", "csv"), Error);
    CHECK_THROWS_AS(read_problems(*make_world("arithmetic"), "/no/such/file"), Error);
}

TEST_CASE("results as JSON lines") {
    const auto world = make_world("arithmetic");
    Result result;
    result.answer = "7";
    result.steps = {"7"};
    result.finished = true;
    result.tokens = 12;
    const Json line = result_json(*world, {"What is 3+4?", "3+4"}, result);
    CHECK(line["correct"] == true);
    CHECK(line["input"] == "What is 3+4?");
    for (const char* name :
         {"problem", "answer", "steps", "expanded", "generated", "tokens", "seconds"})
        CHECK_MESSAGE(line.contains(name), name);
    result.answer = "8";
    CHECK(result_json(*world, {"3+4", "3+4"}, result)["correct"] == false);
    CHECK(!result_json(*world, {"3+4", "3+4"}, result).contains("input"));
    CHECK(result_text(*world, {"3+4", "3+4"}, result).find("answer 8: wrong") != std::string::npos);
}

TEST_CASE("GSM8K's lines have their answers with them") {
    const auto world = make_world("words");
    const Temporary folder;
    const std::string file = folder.file(
        "problems",
        R"({"question": "Tom is 3 years old. How old is he in 4 years?", "answer": "3+4=<<3+4=7>>7\n#### 7"})"
        "\n");
    const std::vector<ProblemLine> lines = read_problems(*world, file, "jsonl");
    REQUIRE(lines.size() == 1);
    Result result;
    result.finished = true;
    result.steps = {"3+4=<<3+4=7>>7", "#### 7"};
    result.answer = "#### 7";
    CHECK(result_json(*world, lines[0], result)["correct"] == true);
    CHECK(result_json(*world, lines[0], result)["answer"] == "7");
    result.answer = "#### 8";
    CHECK(result_json(*world, lines[0], result)["correct"] == false);
    const std::string without =
        folder.file("without", R"({"question": "Tom is 3 years old. How old is he?"})"
                               "\n");
    CHECK_THROWS_AS(read_problems(*world, without, "jsonl"), Error);
}

TEST_CASE("what cannot be solved is refused with its line") {
    const Temporary folder;
    const std::string file = folder.file("problems", "1 5 8 11 24\n\n1 1 1 1 24\n");
    std::string sentence;
    try {
        read_problems(*make_world("countdown"), file);
    } catch (const Error& error) {
        sentence = std::string(error.what()).substr(file.size());
    }
    CHECK(sentence ==
          ":3: 24 cannot be reached from \"1 1 1 1\" with + - * /, each number used once");
}
