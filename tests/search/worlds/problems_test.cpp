#include "search/worlds/make_world.h"
#include "search/worlds/problems.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "search/results.h"
#include "tests/paths.h"
#include "tests/temporary.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <fmt/core.h>

using namespace qstar;
using namespace qstar::search;

namespace {

std::vector<ProblemLine> read(std::string_view text, std::string_view format = "lines") {
    const Temporary folder;
    return read_problems(*make_world("arithmetic"), folder.file("problems", text),
                         {std::string(format), {}, false});
}

std::string refusal(std::string_view text, std::string_view format = "lines") {
    const Temporary folder;
    const std::string file = folder.file("problems", text);
    try {
        read_problems(*make_world("arithmetic"), file, {std::string(format), {}, false});
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
    CHECK(refusal("1+1\n\n1/0\n") == ":3: division by zero (--skip-bad goes on without this line)");
    CHECK(refusal("1+1\n2+\n").starts_with(":2: expected a number"));
    CHECK(refusal("{\"problem\": \n").starts_with(":1: not JSON"));
    CHECK(refusal("{\"text\": \"1\"}\n").starts_with(":1: expected a field"));
    CHECK(refusal("{\"problem\": 1}\n").starts_with(":1: field \"problem\""));
    CHECK(refusal("1+1\n", "jsonl").starts_with(":1: not JSON"));
    CHECK(refusal("[1]\n", "jsonl").starts_with(":1: expected a JSON object"));
    CHECK(refusal("{\"question\": \"1+1\", \"answer\": \"3\"}\n") ==
          ":1: expected the answer to \"1+1\", 2, found \"3\" (--skip-bad goes on without this "
          "line)");
    CHECK(refusal("{\"problem\": 1e999}\n").starts_with(":1: not JSON: "));
    CHECK(refusal("{\"problem\": 1e999}\n").find("json.exception") == std::string::npos);
    CHECK(refusal("1+1\n2\n3+3\n6\n") == ": expected a problem a line, found questions and "
                                         "answers in turn: say --format pairs");
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
    const std::vector<ProblemLine> lines = read_problems(*world, file, {"jsonl", {}, false});
    REQUIRE(lines.size() == 1);
    Result result;
    result.finished = true;
    result.steps = {"3+4=<<3+4=7>>7", "#### 7"};
    result.answer = "#### 7";
    CHECK(result_json(*world, lines[0], result)["correct"] == true);
    CHECK(result_json(*world, lines[0], result)["answer"] == "7");
    result.answer = "#### 8";
    CHECK(result_json(*world, lines[0], result)["correct"] == false);
    result.answer = "#### 14/2";
    CHECK(result_json(*world, lines[0], result)["correct"] == false);
    const std::string without =
        folder.file("without", R"({"question": "Tom is 3 years old. How old is he?"})"
                               "\n");
    CHECK_THROWS_AS(read_problems(*world, without, {"jsonl", {}, false}), Error);
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
    CHECK(sentence == ":3: 24 cannot be reached from \"1 1 1 1\" with + - * /, each number used "
                      "once (--skip-bad goes on without this line)");
}

TEST_CASE("GSM8K's lines in the world of their own file are judged by it") {
    const std::string path = std::string(tests::source_dir) + "/tests/cases/words/ok.jsonl";
    const auto world = make_world("gsm8k:" + path);
    const std::vector<ProblemLine> lines = read_problems(*world, path);
    REQUIRE(lines.size() == 1);
    Result result;
    result.finished = true;
    result.steps = {"12*3=<<12*3=36>>36", "36"};
    result.answer = "36";
    CHECK(result_json(*world, lines[0], result)["correct"] == true);
    result.answer = "72/2";
    CHECK(result_json(*world, lines[0], result)["correct"] == false);
}

TEST_CASE("the first five bad lines are told, or all are left out") {
    const Temporary folder;
    const auto world = make_world("arithmetic");
    const std::string file = folder.file("problems", "1+1\n2+\n3+3\n4+\n5+\n6+\n7+\n{\n9+9\n");
    std::string sentence;
    try {
        read_problems(*world, file);
    } catch (const Error& error) {
        sentence = error.what();
    }
    CHECK(sentence.starts_with(file + ": 6 bad lines"));
    CHECK(sentence.find("--skip-bad") != std::string::npos);
    CHECK(std::count(sentence.begin(), sentence.end(), '\n') == 5);
    for (const int line : {2, 4, 5, 6, 7})
        CHECK(sentence.find(fmt::format("problems:{}: ", line)) != std::string::npos);
    const std::vector<ProblemLine> left = read_problems(*world, file, {"lines", {}, true});
    REQUIRE(left.size() == 3);
    CHECK(left[2].problem == "9+9");
    CHECK_THROWS_AS(read_problems(*world, folder.file("none", "1+\n"), {"lines", {}, true}), Error);
}

TEST_CASE("files of problems as others write them") {
    const std::string folder = std::string(tests::source_dir) + "/tests/cases/problems/";
    const auto problems = [&](const char* world, const char* file, const char* format = "lines",
                              std::optional<int64_t> target = {}, bool skip = false) {
        std::string all;
        for (const ProblemLine& line :
             read_problems(*make_world(world), folder + file, {format, target, skip}))
            all += line.problem + "|";
        return all;
    };
    const auto refused = [&](const char* world, const char* file, const char* format = "lines",
                             std::optional<int64_t> target = {}) {
        try {
            problems(world, file, format, target);
        } catch (const Error& error) {
            return std::string(error.what()).substr(folder.size());
        }
        return std::string("accepted");
    };
    CHECK(problems("countdown", "cd_big.txt") == "1 2 3 4 5 6 7 8 9 10 11 12 999|");
    CHECK(refused("countdown", "cd_decimal.txt")
              .starts_with("cd_decimal.txt:1: column 1: expected a whole number or a fraction"));
    CHECK(problems("countdown", "cd_ok.txt") == "3 3 8 8 24|1 1 1 81 81|1 5 8 11 24|2 4 6 8 24|");
    CHECK(refused("countdown", "cd_ok.txt", "lines", 81).find("cd_ok.txt:") == 0);
    CHECK(problems("countdown", "cd_tinyzero.jsonl") == "19 35 44 98|");
    CHECK(refused("arithmetic", "cd_tinyzero.jsonl").find("expected a field \"problem\"") !=
          std::string::npos);
    CHECK(refused("countdown", "cd_unsolvable.txt").find("2 bad lines") != std::string::npos);
    CHECK(problems("countdown", "cd_unsolvable.txt", "lines", {}, true) ==
          "2 4 6 8 24|1 5 5 5 24|");
    CHECK(problems("countdown", "cd_zero.txt") == "0 0 3 8 24|");
    CHECK(problems("countdown", "csv24.csv") == "1 1 4 6 24|");
    CHECK(problems("countdown", "csv24.csv", "lines", 12) == "1 1 4 6 12|");
    CHECK(refused("arithmetic", "csv24.csv").find("csv24.csv:1: ") != std::string::npos);
    CHECK(problems("arithmetic", "cr_only.txt") == "3+4|5+6|");
    CHECK(problems("arithmetic", "neg_first.txt") == "-(3+4)*2|-7-3|");
    CHECK(problems("arithmetic", "two_forms.jsonl") == "3+4|");
    // DeepMind Mathematics: what its own module asks, and what others ask.
    CHECK(read_problems(*make_world("arithmetic"), folder + "dm_pairs.txt", {"pairs", {}, false})
              .size() == 42);
    CHECK(refused("arithmetic", "dm_pairs.txt").find("--format pairs") != std::string::npos);
    CHECK(read_problems(*make_world("arithmetic"), folder + "dm_templates.txt").size() == 42);
    CHECK(read_problems(*make_world("equations"), folder + "lin1d.txt", {"pairs", {}, false})
              .size() == 7);
    CHECK(refused("equations", "lin1d.txt").find("lin1d.txt:2: ") != std::string::npos);
    for (const char* file : {"dm_base.txt", "dm_root.txt", "dm_surd.txt"})
        CHECK(refused("arithmetic", file, "pairs").find(":1: ") != std::string::npos);
    CHECK(refused("arithmetic", "dm_mixed_modules.txt", "pairs")
              .find("dm_mixed_modules.txt:3: \"In base 5") != std::string::npos);
    CHECK(problems("arithmetic", "dm_mixed_modules.txt", "pairs", {}, true) == "3+4|1+1|");
}

TEST_CASE("a hand of four numbers is read with its target only") {
    const Temporary folder;
    const auto world = make_world("countdown");
    const std::string hands = folder.file("hands", "\xef\xbb\xbf"
                                                   "1 1 4 6\n1 1 1 3\n");
    CHECK_THROWS_WITH_AS(read_problems(*world, hands),
                         doctest::Contains("hands:1: expected to know"), Error);
    // Not left out as a bad line: what would remain is read wrongly.
    CHECK_THROWS_AS(read_problems(*world, hands, {"lines", {}, true}), Error);
    CHECK_THROWS_WITH_AS(read_problems(*world, hands, {"lines", 24, false}),
                         doctest::Contains("hands:2: 24 cannot be reached"), Error);
    CHECK(read_problems(*world, hands, {"lines", 24, true}).at(0).problem == "1 1 4 6 24");
    const std::string mixed = folder.file("mixed", "1 5 8 11 24\n1 1 4 6\n");
    CHECK_THROWS_WITH_AS(read_problems(*world, mixed), doctest::Contains("mixed:2: expected 5"),
                         Error);
    CHECK(read_problems(*world, mixed, {"lines", {}, true}).size() == 1);
    const std::string said = folder.file(
        "said",
        "{\"nums\": [1, 1, 4], \"target\": 6}\n{\"nums\": [1, 5, 8, 11], \"target\": 24}\n");
    CHECK(read_problems(*world, said).size() == 2);

    CHECK(read_problem(*world, "1 1 4 6", 24).problem == "1 1 4 6 24");
    CHECK(read_problem(*world, "1 1 4", 6).problem == "1 1 4 6");
    CHECK(read_problem(*world, "1 5 8 11 24").problem == "1 5 8 11 24");
    CHECK(read_problem(*world, R"({"nums": [1, 1, 4], "target": 6})").problem == "1 1 4 6");
    CHECK_THROWS_AS(read_problem(*world, "{\"nums\""), Error);
    CHECK_THROWS_AS(read_problem(*world, "1 1 4 6"), Error);
    CHECK_THROWS_AS(read_problem(*make_world("arithmetic"), "1+1", 24), Error);
}
