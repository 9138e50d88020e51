// The real program: `qstar search` on files of states, `qstar train davi` and `deep-q`.
#include "engine/io/files.h"
#include "engine/io/sha256.h"
#include "engine/text/jsonl.h"
#include "search/puzzles/puzzles.h"
#include "search/puzzles/value_model.h"
#include "tests/program.h"

#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <memory>
#include <vector>

using namespace qstar;
using namespace qstar::search;
using namespace qstar::tests;

namespace {

std::unique_ptr<Space> puzzle(const char* world, int compose = 1) {
    PuzzleChoice choice;
    choice.world = world;
    choice.compose = compose;
    return make_space(choice);
}

} // namespace

TEST_CASE("a file of states in, a line of JSON for each out, steps that solve it") {
    const Temporary folder;
    const std::string states = folder.path + "/states", results = folder.path + "/results";
    for (const char* world : {"sliding", "lights-out", "cube2"}) {
        PuzzleChoice choice;
        choice.world = world;
        choice.size = choice.world == "cube2" ? 0 : 3;
        const auto space = make_space(choice);
        Random random(21, "puzzle_command_test");
        std::string text = "\n";
        for (int i = 0; i < 4; ++i)
            text += space->text(scramble(*space, i == 0 ? 0 : 6, random).data()) + "\n";
        write_file_atomic(states, text);
        for (const char* method : {"astar", "qstar"}) {
            const ProgramOutput output =
                run_program(folder, std::string("search --world ") + world + " --method " + method +
                                        " --problems '" + states + "' --out '" + results + "'");
            CHECK_MESSAGE(output.status == 0, output.error);
            const auto lines = read_jsonl(results);
            REQUIRE(lines.size() == 4);
            for (const JsonLine& line : lines) {
                CHECK(bool_field(line, "correct"));
                CHECK(int_field(line, "length") <= 6);
                CHECK(int_field(line, "nodes") >= 1);
                // Replay by the names of the steps.
                State state = space->read(string_field(line, "problem"));
                for (const std::string& step : strings_field(line, "steps")) {
                    int action = 0;
                    while (action < space->actions() &&
                           !(space->legal(state.data(), action) &&
                             space->action_name(state.data(), action) == step))
                        ++action;
                    REQUIRE(action < space->actions());
                    space->apply(state.data(), action);
                }
                CHECK(space->solved(state.data()));
                CHECK(space->text(state.data()) == string_field(line, "answer"));
            }
        }
    }
}

TEST_CASE("what is wrong with a file of states is said with its line, and nothing is written") {
    const Temporary folder;
    const std::string states = folder.path + "/states", out = folder.path + "/out";
    const auto refusal = [&](const std::string& text, const std::string& flags) {
        write_file_atomic(states, text);
        const ProgramOutput output =
            run_program(folder, "search --problems '" + states + "' --out '" + out + "' " + flags);
        CHECK(output.status == 2);
        CHECK(output.error.starts_with("qstar: "));
        CHECK(std::count(output.error.begin(), output.error.end(), '\n') == 1);
        CHECK_FALSE(exists(out));
        return output.error;
    };
    const std::string slide = "--world sliding";
    CHECK(contains(refusal("1 2 3 4 5 6 7 8 0\n\n1 2 3 4 5 6 8 7 0\n", slide), "states:3: "));
    CHECK(contains(refusal("1 2 3\n", slide), "expected 4, 9, 16 or 25 numbers, found 3"));
    CHECK(contains(refusal("1 2 3 4 5 6 7 8 0\n1 2 3 3 5 6 7 8 0\n", slide), "states:2: "));
    CHECK(contains(refusal("\n\n", slide), "expected at least one state"));
    CHECK(contains(refusal("1000000000000000\n", "--world lights-out"), "states:1: "));
    CHECK(contains(refusal("0 1 2\n", "--world cube3"), "states:1: expected 54 numbers, found 3"));
    const std::string fine = "1 2 3 4 5 6 7 0 8\n";
    CHECK(contains(refusal(fine, slide + " --method bfs"), "unknown method \"bfs\""));
    CHECK(contains(refusal(fine, slide + " --heuristic lights"), "unknown bound \"lights\""));
    CHECK(contains(refusal(fine, slide + " --batch 0"), "--batch"));
    CHECK(contains(refusal(fine, slide + " --compose 2"), "--compose is for the cubes"));
    CHECK(contains(refusal(fine, slide + " --heuristic model --run '" + folder.path + "/none'"),
                   "there is no such run"));
}

TEST_CASE(
    "davi, deep-q and walk: a resumed training ends with the same bytes, and guides the search") {
    const Temporary folder;
    const std::string once = folder.path + "/once", twice = folder.path + "/twice";
    for (const std::string stage : {"davi", "deep-q", "walk"}) {
        const std::string flags =
            std::string(stage == "walk" ? " --q --canonical" : " --check-every 10") +
            " --world sliding --size 2 --steps 60 --width 16 --blocks 1 "
            "--batch 32 --scramble 12 --save-every 7 "
            "--warmup 5 --bound none --lr 0.01 --quiet --run '";
        ProgramOutput output = run_program(folder, "train " + stage + flags + once + "'");
        CHECK_MESSAGE(output.status == 0, output.error);
        run_program(folder,
                    "train " + stage + " --stop-after 31 --threads 2" + flags + twice + "'");
        CHECK_FALSE(exists(twice + "/" + stage + "/model.safetensors"));
        output = run_program(folder, "train " + stage + flags + twice + "'");
        CHECK_MESSAGE(output.status == 0, output.error);
        for (const char* file : {"/model.safetensors", "/metrics.jsonl", "/state.safetensors"})
            CHECK(sha256_file(once + "/" + stage + file) ==
                  sha256_file(twice + "/" + stage + file));

        const std::string method = stage == "davi"     ? "astar"
                                   : stage == "deep-q" ? "qstar"
                                                       : "beam --hashed --width 4";
        output =
            run_program(folder, "search --world sliding '0 1 3 2' --heuristic model --method " +
                                    method + " --run '" + once + "'");
        CHECK_MESSAGE(output.status == 0, output.error);
        CHECK(contains(output.out, "solved in "));
        // The loss came down: the network has learned something of the puzzle.
        const auto lines = read_jsonl(once + "/" + stage + "/metrics.jsonl");
        CHECK(number_field(lines[9], "loss") < number_field(lines[0], "loss"));
    }
    // A wide beam says what it takes before it begins.
    const ProgramOutput beam =
        run_program(folder, "search --world sliding '0 1 3 2' --method beam --hashed --width 4096");
    CHECK(contains(beam.error, "a beam of 4096 states takes "));
    CHECK(contains(beam.out, "solved in "));
    CHECK(contains(run_program(folder, "search --world sliding '0 1 3 2' --hashed").error,
                   "--hashed is for --method beam, found with astar"));
    // To a network that is shown one image of each state others say nothing new.
    for (const char* more : {"--views 2", "--mirror"})
        CHECK(contains(run_program(folder, "search --world sliding '0 1 3 2' --heuristic model "
                                           "--method beam --hashed --run '" +
                                               once + "' " + more)
                           .error,
                       "is shown one image of each state"));
    // A network of another puzzle is refused.
    const ProgramOutput other =
        run_program(folder, "search --world sliding '1 2 3 4 5 6 7 0 8' --heuristic model "
                            "--run '" +
                                once + "'");
    CHECK(other.status == 2);
    CHECK(contains(other.error, "expected a network of sliding 3x3, found one of \"sliding 2x2\""));
}

TEST_CASE("deep-q by a teacher: Q of an action is 1 and what the value network says of the child") {
    const Temporary folder;
    const std::string flags = " --world cube2 --width 32 --blocks 1 --batch 64 --scramble 4 "
                              "--bound none --lr 0.003 --warmup 5 --quiet --run '" +
                              folder.path + "/run'";
    ProgramOutput output = run_program(folder, "train walk --steps 200" + flags);
    CHECK_MESSAGE(output.status == 0, output.error);
    output = run_program(folder, "train deep-q --steps 5 --teacher davi" + flags);
    CHECK(output.status == 2);
    CHECK(contains(output.error, "davi/model.safetensors is missing"));
    // The teacher counts turns; the actions are products of up to two of them.
    output =
        run_program(folder, "train deep-q --steps 300 --compose 2 --each 8 --teacher walk" + flags);
    CHECK_MESSAGE(output.status == 0, output.error);

    const auto space = puzzle("cube2", 2);
    ValueModel teacher(*space, folder.path + "/run/walk/model.safetensors");
    ValueModel pupil(*space, folder.path + "/run/deep-q/model.safetensors");
    std::vector<uint8_t> states;
    Random random(5, "puzzle_command_test");
    for (int i = 0; i < 50; ++i) {
        const State state = scramble(*space, 1 + i % 4, random);
        states.insert(states.end(), state.begin(), state.end());
    }
    std::vector<float> q(static_cast<size_t>(50 * space->actions())), wanted(q.size()), own(50);
    pupil.q_values(states.data(), 50, q.data());
    OneStepQ one_step(*space, teacher);
    one_step.q_values(states.data(), 50, wanted.data());
    teacher.cost_to_go(states.data(), 50, own.data());
    double error = 0, without = 0; // of the pupil; of who says of all children what of the parent
    for (size_t i = 0; i < q.size(); ++i) {
        error += std::abs(q[i] - wanted[i]);
        without += std::abs(1 + own[i / static_cast<size_t>(space->actions())] - wanted[i]);
    }
    CHECK_MESSAGE(error < 0.6 * without, error << " of " << without);
}

TEST_CASE("a scramble of one's own, by the names of its turns") {
    const auto cube = puzzle("cube2");
    CHECK(cube->solved(scrambled_by(*cube, "R2  U F' F U' R2 ").data()));
    CHECK(scrambled_by(*cube, "U R2") == scrambled_by(*cube, "U R R"));
    CHECK(scrambled_by(*cube, "U R") != scrambled_by(*cube, "R U"));
    const auto sliding = puzzle("sliding");
    CHECK(sliding->solved(scrambled_by(*sliding, "12 12").data()));

    const Temporary folder;
    ProgramOutput output =
        run_program(folder, "search --world cube2 --scramble \"R U' F2\" --method astar");
    CHECK_MESSAGE(output.status == 0, output.error);
    CHECK(contains(output.out, "solved in 4 steps"));
    output = run_program(folder, "search --world cube2 --scramble \"R D\"");
    CHECK(output.status == 2);
    CHECK(contains(output.error, "expected a step that cube 2x2x2 allows here, such as U, found "
                                 "\"D\""));
    CHECK(contains(run_program(folder, "search --world cube2 --scramble R '0 1'").error,
                   "say what to solve"));
    CHECK(contains(run_program(folder, "search --scramble R").error, "--scramble is for puzzles"));
}
