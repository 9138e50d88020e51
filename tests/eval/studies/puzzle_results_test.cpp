// A table of results that searches have written before.
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "search/puzzles/puzzles.h"
#include "tests/program.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::tests;

TEST_CASE("results of searches as rows, and the best known of them where none is known exactly") {
    const Temporary folder;
    const auto run = [&](const std::string& arguments) { return run_program(folder, arguments); };
    const auto file = [&](const std::string& name) { return folder.path + "/" + name; };
    // Both searches solve all; a beam of one hardly ever on the shortest way.
    for (const std::string world : {"sliding --size 3", "cube3"}) {
        search::PuzzleChoice puzzle;
        puzzle.world = world.substr(0, world.find(' '));
        puzzle.size = puzzle.world == "sliding" ? 3 : 0;
        const auto space = search::make_space(puzzle);
        Random random(1, "puzzle_results_test");
        std::string states;
        for (int i = 0; i < 6; ++i)
            states += space->text(search::scramble(*space, 2 + i % 3, random).data()) + "\n";
        write_file_atomic(file("states"), states);
        const std::string on = "search --world " + puzzle.world + " --problems '" + file("states");
        CHECK(run(on + "' --method astar --out '" + file("a") + "'").status == 0);
        CHECK(run(on + "' --method best-of-n --samples 3 --nodes 200 --out '" + file("b") + "'")
                  .status == 0);
        const auto table = run("eval puzzles --world " + world + " --results '" + file("a") +
                               "','" + file("b") + "' --out '" + file("rows") + "'");
        CHECK_MESSAGE(table.status == 0, table.error);
        const auto rows = read_jsonl(file("rows"));
        REQUIRE(rows.size() == 2);
        CHECK(string_field(rows[0], "method") == file("a"));
        CHECK(int_field(rows[0], "solved") == 6);
        CHECK(int_field(rows[0], "shortest") == 6);
        CHECK(int_field(rows[1], "shortest") < 6);
        CHECK(contains(table.out, "as short as the best") == (puzzle.world == "cube3"));
        const auto alone = run("eval puzzles --world " + world + " --results '" + file("b") + "'");
        // Of one file alone nothing is the best.
        CHECK(contains(alone.out, " ? |") == (puzzle.world == "cube3"));
    }

    const auto lines = read_jsonl(file("a"));
    const auto refusal = [&](const Json& changed) {
        std::vector<Json> all{lines[0].value, changed};
        for (size_t i = 2; i < lines.size(); ++i) all.push_back(lines[i].value);
        write_jsonl(file("changed"), all);
        const auto result = run("eval puzzles --world cube3 --results '" + file("a") + "','" +
                                file("changed") + "'");
        CHECK(result.status == 2);
        return result.error;
    };
    Json line = lines[1].value;
    line["length"] = 1;
    CHECK(contains(refusal(line), "changed:2: expected what its steps are"));
    line = lines[1].value;
    line["steps"][0] = "X";
    CHECK(contains(refusal(line), "changed:2: expected steps that cube 3x3x3 allows"));
    CHECK(contains(refusal(lines[0].value), "expected results of the states of"));
    line = lines[1].value;
    line["correct"] = false;
    CHECK(contains(refusal(line), "\"correct\": false"));
    line.erase("problem");
    CHECK(contains(refusal(line), "changed:2: "));
    CHECK(run("eval puzzles --results '" + file("none") + "'").status == 2);
}
