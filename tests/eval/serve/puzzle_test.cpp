// Puzzles on the page, without a network: what the picture needs, and what solves which.
#include "eval/serve/puzzle.h"

#include "engine/base/error.h"
#include "search/puzzles/cube.h"
#include "search/puzzles/puzzles.h"
#include "tests/temporary.h"
#include "train/q_learning/walk.h"

#include <doctest/doctest.h>
#include <string>
#include <tuple>

using namespace qstar;
using namespace qstar::eval;

namespace {

Json solved(const std::string& run, const std::string& world, int size, const std::string& state) {
    return solve_puzzle_json(run,
                             {{"world", world}, {"size", std::to_string(size)}, {"state", state}});
}

// A state of a few random actions from the goal.
std::string scrambled(const search::Space& space, int moves) {
    Random random(9, "puzzle_test");
    return space.text(search::scramble(space, moves, random).data());
}

} // namespace

TEST_CASE("the page's puzzles: their goals and what a turn of a cube takes where") {
    const Json all = puzzles_json();
    REQUIRE(all.size() == 5);
    CHECK(all[0]["goal"] == "1 2 3 4 5 6 7 8 0");
    CHECK_FALSE(all[2].contains("moves"));
    REQUIRE(all[4]["moves"].size() == 12);
    CHECK(all[4]["moves"]["U'"] == Json(search::quarter_turns(3)[1].from));
}

TEST_CASE("a state on the page is solved step by step, and the answer says how") {
    const Temporary run;
    for (const auto& [world, size, how] :
         {std::tuple{"sliding", 3, "A* with the walking distance"},
          std::tuple{"sliding", 4, "A* with 1.5 times the walking distance"},
          std::tuple{"lights-out", 5, "linear algebra"},
          std::tuple{"cube2", 0, "the table of all 3,674,160 states"}}) {
        CAPTURE(world);
        search::PuzzleChoice choice;
        choice.world = world;
        choice.size = size;
        const auto space = search::make_space(choice);
        const Json found = solved(run.path, world, size, scrambled(*space, 9));
        CHECK(found["method"] == how);
        CHECK(found["steps"].size() == found["states"].size());
        CHECK(found["steps"].size() <= 9);
        CHECK(found["states"].back() == space->text(space->goal().data()));
    }
    CHECK(solved(run.path, "cube2", 0,
                 "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23")["steps"]
              .empty());
    const search::PermutationPuzzle cube = search::make_cube(3);
    CHECK_THROWS_WITH_AS(solved(run.path, "cube3", 0, scrambled(cube, 3)),
                         doctest::Contains("the run has no network of the 3x3x3"), Error);
    CHECK_THROWS_WITH_AS(solved(run.path, "sliding", 7, "0"),
                         doctest::Contains("there is no puzzle"), Error);
    CHECK_THROWS_WITH_AS(solved(run.path, "sliding", 3, "1 2 3"),
                         doctest::Contains("expected 9 numbers, found 3"), Error);
}

TEST_CASE("a network of the run guides a beam: a few turns of the 3x3x3 are found") {
    const Temporary run;
    train::WalkOptions options;
    options.training.stage.run = run.path;
    options.training.stage.quiet = true;
    options.training.puzzle.world = "cube3";
    options.training.steps = 3;
    options.training.width = 8;
    options.training.blocks = 1;
    options.training.loop.batch = 16;
    options.q = true;
    train::walk(options);
    const search::PermutationPuzzle cube = search::make_cube(3);
    const Json found = solved(run.path, "cube3", 0, scrambled(cube, 3));
    CHECK(found["method"] == "a beam of 4096 with the network of walk");
    CHECK(found["steps"].size() == 3);
    CHECK(found["states"].back() == cube.text(cube.goal().data()));
    // What is of another puzzle is passed over.
    CHECK(solved(run.path, "lights-out", 5, "1100010000000000000000000")["method"] ==
          "linear algebra");
}
