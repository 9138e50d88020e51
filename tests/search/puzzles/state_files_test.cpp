// Files of states as others write them.
#include "engine/base/error.h"
#include "search/puzzles/puzzles.h"
#include "tests/paths.h"
#include "tests/refusal.h"
#include "tests/temporary.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::search;

TEST_CASE("sliding states in many shapes: the good ones are read, the first five bad ones told") {
    const std::string path =
        std::string(tests::source_dir) + "/tests/cases/puzzles/sliding_list.txt";
    PuzzleChoice choice;
    choice.world = "sliding";
    const std::string sentence = tests::refusal_of([&] { read_puzzle(choice, path); });
    CHECK(sentence.starts_with(path + ": 5 bad lines"));
    for (const char* line :
         {":5: expected a state that slides can solve",
          ":6: expected a state that slides can solve",
          ":8: expected each of 0 to 8 once, found 1 twice",
          ":9: expected a number from 0 to 8, found \"9\"", ":10: expected 9 numbers, found 8"})
        CHECK_MESSAGE(sentence.find(line) != std::string::npos, line);
    const auto [space, states] = read_puzzle(choice, path, true);
    CHECK(space->name() == "sliding 3x3");
    REQUIRE(states.size() == 7);
    const std::string near = "1 2 3 4 5 6 7 0 8", solved = "1 2 3 4 5 6 7 8 0";
    const std::string read[] = {"0 1 2 3 4 5 6 7 8", near, near, near, near, solved, solved};
    for (size_t i = 0; i < states.size(); ++i)
        CHECK(space->text(states[i].state.data()) == read[i]);
}

TEST_CASE("files of states: any line ends, a byte order mark, the size of the first good state") {
    const Temporary folder;
    PuzzleChoice choice;
    choice.world = "sliding";
    const auto mac = folder.file("mac", "\xef\xbb\xbf"
                                        "1 2 3 4 5 6 7 8 0\r1 2 3 4 5 6 7 0 8\r");
    CHECK(read_puzzle(choice, mac).states.size() == 2);
    const auto bad = folder.file("bad", "\n1 2 3\n1 2 3 4 5 6 7 8 0\n");
    CHECK_THROWS_WITH_AS(read_puzzle(choice, bad),
                         doctest::Contains("bad:2: expected 4, 9, 16 or 25 numbers, found 3"),
                         Error);
    const PuzzleFile file = read_puzzle(choice, bad, true);
    CHECK(file.space->name() == "sliding 3x3");
    CHECK(file.states.size() == 1);
    const auto none = folder.file("none", "1 2 3\n");
    CHECK_THROWS_AS(read_puzzle(choice, none, true), Error);
    CHECK_THROWS_WITH_AS(read_puzzle(choice, folder.file("empty", "\n\n")),
                         doctest::Contains("expected at least one state"), Error);
    choice.world = "lights-out";
    const auto lights = folder.file("lights", "[[1,1],[1,1]]\n0000\n");
    CHECK(read_puzzle(choice, lights).states.size() == 2);
}
