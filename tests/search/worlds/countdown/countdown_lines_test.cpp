#include "search/worlds/countdown/countdown_lines.h"

#include "engine/base/error.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::search;

namespace {

std::string json_line(const char* text, std::optional<int64_t> target = {}) {
    return countdown_line(JsonLine{parse_json(text, "F", 3), "F:3"}, target);
}

} // namespace

TEST_CASE("countdown lines: what may be a hand of the Game of 24 is no problem without a word") {
    CHECK(countdown_line("1 5 8 11 24", {}) == "1 5 8 11 24");
    CHECK(countdown_line("2 3 4 24", {}) == "2 3 4 24"); // 24 is no card
    CHECK(countdown_line("1 1 1 3", {}) == "1 1 1 3");   // these four do not make 24
    CHECK(countdown_line("1 1 4 6", 24) == "1 1 4 6 24");
    CHECK(countdown_line("1 1 4", 6) == "1 1 4 6");
    CHECK(countdown_line(" 1, 1, 4; 6 ", 24) == "1, 1, 4; 6 24");
    CHECK_THROWS_WITH_AS(
        countdown_line("1 1 4 6", {}),
        "expected to know the target of \"1 1 4 6\", found two readings: the numbers 1 1 4 with "
        "the target 6, or four numbers of the Game of 24; with --target 24 lines are numbers "
        "alone, and {\"nums\": [1, 1, 4], \"target\": 6} is the other reading",
        Error);
    CHECK_THROWS_AS(countdown_line("4 6 8 1", {}), Error); // whether or not 1 can be reached
    CHECK_THROWS_AS(countdown_line("", 24), Error);
}

TEST_CASE("countdown lines: numbers and target as JSON") {
    CHECK(json_line(R"({"target": 98, "nums": [44, 19, 35]})") == "44 19 35 98");
    CHECK(json_line(R"({"target": 6, "numbers": [1, 1, 4]})") == "1 1 4 6");
    CHECK(json_line(R"({"nums": [1, 1, 4, 6]})", 24) == "1 1 4 6 24");
    CHECK(json_line(R"({"nums": [1, 1, 4, 6], "target": 24})", 24) == "1 1 4 6 24");
    CHECK_THROWS_WITH_AS(json_line(R"({"nums": [1, 1, 4, 6]})"),
                         "F:3: field \"target\": expected a whole number (or --target), found "
                         "nothing",
                         Error);
    CHECK_THROWS_WITH_AS(json_line(R"({"nums": [1, 1, 4], "target": 6})", 24),
                         "F:3: field \"target\": expected 24 as --target says, found 6", Error);
    for (const char* text :
         {R"({"nums": 4, "target": 6})", R"({"nums": ["1"], "target": 6})",
          R"({"nums": [1.5, 2], "target": 6})", R"({"nums": [1, 2], "target": "6"})",
          R"({"nums": [1, 99999999999999999999], "target": 6})"})
        CHECK_THROWS_WITH_AS(json_line(text), doctest::Contains("F:3: "), Error);
}

TEST_CASE("countdown lines: the lines of a file are of one length") {
    CountdownLines fives({});
    CHECK(fives.read("1 5 8 11 24", 2) == "1 5 8 11 24");
    CHECK_THROWS_WITH_AS(fives.read("1 1 4 6", 3), doctest::Contains("as in line 2, found 4"),
                         Error);
    CHECK_THROWS_AS(fives.read("1 2 3 4 5 15", 4), Error);
    CHECK(fives.read("3 3 8 8 24", 5) == "3 3 8 8 24");
    CHECK_NOTHROW(fives.check("F"));

    CountdownLines fours({});
    CHECK(fours.read("1 1 1 3", 1) == "1 1 1 3");
    CHECK(fours.read("1 1 4 6", 2) == "1 1 4 6");
    CHECK_THROWS_WITH_AS(fours.check("F"), doctest::Contains("F:2: expected to know the target"),
                         Error);

    CountdownLines named(24);
    CHECK(named.read("1 1 4 6", 1) == "1 1 4 6 24");
    CHECK(named.read("2 12", 2) == "2 12 24"); // of any length
    CHECK_NOTHROW(named.check("F"));
    CountdownLines twice(24);
    twice.read("1 5 8 11 24", 1);
    CHECK_NOTHROW(twice.check("F"));
    twice.read("3 3 8 8 24", 2);
    CHECK_THROWS_WITH_AS(twice.check("F"), doctest::Contains("leave --target out"), Error);
}

TEST_CASE("countdown lines: the table of the Game of 24") {
    CHECK(puzzles_column("Rank,Puzzles,AMT (s),Solved rate") == 1);
    CHECK(puzzles_column("\"Puzzles\", Rank ") == 0);
    CHECK(!puzzles_column("1, 5, 8, 11, 24"));
    CHECK(!puzzles_column("Puzzles"));
    CHECK(table_cells("1,1 1 4 6,4.4,99.20%")[1] == "1 1 4 6");
    CHECK(table_cells("1,\"1, 1, 4, 6\",4.4")[1] == "1, 1, 4, 6");
    CHECK(table_cells("").size() == 1);
    CHECK(table_cells("\"").size() == 1);
}
