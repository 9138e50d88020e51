// Measuring puzzles: what is shortest, what is counted, the commands.
#include "eval/studies/puzzles.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/sha256.h"
#include "engine/text/jsonl.h"
#include "search/puzzles/lights_out.h"
#include "search/puzzles/sliding.h"
#include "search/solve.h"
#include "tests/program.h"
#include "tests/sanitized.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::eval;
using namespace qstar::tests;

TEST_CASE("the shortest lengths are those of A* with what is never above the truth") {
    for (const char* world : {"sliding", "lights-out", "cube2"}) {
        search::PuzzleChoice choice;
        choice.world = world;
        choice.size = choice.world == "sliding" ? 3 : choice.world == "lights-out" ? 4 : 0;
        const auto space = search::make_space(choice);
        const auto shortest = shortest_length(*space);
        REQUIRE(shortest.has_value());
        search::LowerBound bound(*space);
        Random random(31, "puzzles_test");
        for (int i = 0; i < 4; ++i) {
            const search::State state = search::scramble(*space, 6, random);
            CHECK((*shortest)(state) ==
                  static_cast<int64_t>(
                      search::solve(*space, search::Method::astar, &bound, nullptr, state, {})
                          .actions.size()));
        }
    }
    CHECK_FALSE(shortest_length(search::Sliding(5)).has_value());
}

TEST_CASE("a row counts what was solved, and in how few steps") {
    const search::Sliding puzzle(3);
    search::PuzzleSearch search;
    search.puzzle.world = "sliding";
    const auto states = fresh_states(puzzle, 20, 1);
    CHECK(fresh_states(puzzle, 20, 1) == states);
    CHECK(fresh_states(puzzle, 20, 2) != states);
    const std::vector<int64_t> shortest = shortest_lengths(puzzle, states);
    REQUIRE(shortest.size() == states.size());
    for (size_t i = 0; i < states.size(); ++i)
        CHECK(shortest[i] == (*shortest_length(puzzle))(states[i]));
    CHECK(shortest_lengths(search::Sliding(5), {search::Sliding(5).goal()}).empty());
    search.method = "astar";
    PuzzleRow row = measure(puzzle, search, states, shortest, true);
    CHECK(row.n == 20);
    CHECK(row.solved == 20);
    CHECK(row.shortest == 20);
    CHECK(row.length == doctest::Approx(row.shortest_length));
    search.options.shared.weight = 8;
    row = measure(puzzle, search, states, shortest, true);
    CHECK(row.solved == 20);
    CHECK(row.shortest < 20);
    CHECK(row.length > row.shortest_length);
    search.options.shared.weight = 1;
    search.options.nodes = 20;
    row = measure(puzzle, search, states, {}, true);
    CHECK(row.solved < 20);
    CHECK(row.shortest == -1);
    CHECK(contains(table_of({row}).markdown(), "| astar | walking-distance | 4 |"));
}

TEST_CASE("qstar eval puzzles and actions, from nothing to a table") {
    const Temporary folder;
    const auto run = [&](const std::string& arguments) { return run_program(folder, arguments); };
    const std::string rows = folder.path + "/rows", states = folder.path + "/states";
    const auto measured = run("eval puzzles --world lights-out --size 3 --methods beam,astar "
                              "--problems 5 --out '" +
                              rows + "' --write '" + states + "'");
    CHECK_MESSAGE(measured.status == 0, measured.error);
    const auto lines = read_jsonl(rows);
    REQUIRE(lines.size() == 2);
    CHECK(int_field(lines[1], "solved") == 5);
    CHECK(string_field(lines[1], "method") == "astar");
    const auto printed =
        run("eval puzzles --world lights-out --size 3 --methods astar --problems 5 --out -");
    CHECK(parse_jsonl(printed.out, "the standard output").size() == 1);
    search::PuzzleChoice puzzle;
    puzzle.size = 3;
    CHECK(search::read_puzzle(puzzle, states).states.size() == 5);

    const auto actions =
        run("eval actions --world lights-out --sets 2,3 --steps 40 --train-batch 16 --net-width 16 "
            "--blocks 1 --problems 3 --run '" +
            folder.path + "/run'");
    CHECK_MESSAGE(actions.status == 0, actions.error);
    CHECK(contains(actions.out, "| qstar | model | 9 |"));
    CHECK(exists(folder.path + "/run/deep-q-3/model.safetensors"));
    const Json json = read_json(folder.path + "/run/actions.json").value;
    REQUIRE(json["rows"].size() == 4);
    CHECK(json["rows"][3]["actions"] == 9);
    for (const char* plot : {"generated", "seconds", "memory"})
        CHECK(exists(folder.path + "/run/actions-" + plot + ".svg"));
    // By walks one value network of turns teaches the Q-network of every set.
    const auto walks = run("eval actions --world cube2 --learning walks --sets 1,2 --steps 40 "
                           "--q-steps 10 --train-batch 16 --net-width 16 --blocks 1 --problems 2 "
                           "--nodes 300 --run '" +
                           folder.path + "/walks'");
    CHECK_MESSAGE(walks.status == 0, walks.error);
    CHECK(contains(walks.out, "| qstar | model | 33 |"));
    CHECK(exists(folder.path + "/walks/walk-1/model.safetensors"));
    CHECK_FALSE(exists(folder.path + "/walks/walk-2"));
    CHECK(
        read_json(folder.path + "/walks/actions.json").value["rows"][0]["megabytes"].get<double>() >
        0);
    const auto refused = run("eval puzzles --world lights-out --methods bfs");
    CHECK(refused.status == 2);
    CHECK(contains(refused.error, "unknown method \"bfs\""));
}

TEST_CASE("qstar demo --world lights-out: two networks, and every search solves all states") {
    const Temporary folder;
    const auto demo =
        run_program(folder, "demo --world lights-out --quick --run '" + folder.path + "/run'");
    CHECK_MESSAGE(demo.status == 0, demo.error);
    for (const char* method : {"greedy", "beam", "mcts", "astar", "qstar"})
        CHECK(contains(demo.out, std::string("| ") + method + " | model | 9 | 100 / 100 |"));
    CHECK(exists(folder.path + "/run/deep-q/model.safetensors"));
}

TEST_CASE("qstar demo --world cube: both cubes, resumed without another training" *
          doctest::skip(tests::kSanitized)) {
    const Temporary folder;
    const std::string command = "demo --world cube --quick --run '" + folder.path + "/run'";
    const auto demo = run_program(folder, command);
    CHECK_MESSAGE(demo.status == 0, demo.error);
    for (const char* row : {"| beam | model | 6 | ", "| astar | model | 6 | ",
                            "| qstar | model | 6 | ", "| beam | model | 12 | "})
        CHECK(contains(demo.out, row));
    CHECK(contains(demo.out, "--scramble \"R U2"));
    CHECK(read_jsonl(folder.path + "/run/puzzles-2x2x2.jsonl").size() == 3);
    const Json times = read_json(folder.path + "/run/times.json").value["seconds"];
    for (const char* stage : {"davi", "deep-q", "walk"}) {
        CHECK(times.contains(stage));
        CHECK(exists(folder.path + "/run/" + stage + "/model.safetensors"));
    }
    // What the demo says of a cube of one's own works on its networks.
    const std::string state = folder.path + "/run/walk/state.safetensors";
    const std::string trained = sha256_file(state);
    CHECK(run_program(folder, command).status == 0);
    CHECK(sha256_file(state) == trained);
    CHECK(contains(run_program(folder, "search --world cube3 --heuristic model --method beam "
                                       "--hashed --scramble R --run '" +
                                           folder.path + "/run'")
                       .out,
                   "solved in 1 steps"));
}
