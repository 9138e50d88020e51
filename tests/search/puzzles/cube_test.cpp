// The cubes: groups of the known sizes, the whole 2x2x2, tables of moves from files.
#include "search/puzzles/cube.h"

#include "engine/io/files.h"
#include "search/puzzles/pocket_cube.h"
#include "search/puzzles/puzzles.h"
#include "tests/search/puzzles/refusal.h"
#include "tests/temporary.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <memory>

using namespace qstar;
using namespace qstar::search;

namespace {

State after(const PermutationPuzzle& puzzle, const std::vector<std::string>& names) {
    State state = puzzle.goal();
    for (const std::string& name : names) {
        const auto move = std::find_if(puzzle.moves().begin(), puzzle.moves().end(),
                                       [&](const PermutationMove& m) { return m.name == name; });
        REQUIRE(move != puzzle.moves().end());
        puzzle.apply(state.data(), static_cast<int>(move - puzzle.moves().begin()));
    }
    return state;
}

} // namespace

TEST_CASE("the groups have the known numbers of states") {
    CHECK(make_cube(2).group().order() == 3674160.0L);
    CHECK(make_cube(3).group().order() == 43252003274489856000.0L);
}

TEST_CASE(
    "the numbering of DeepCubeA is that of a cube, and what it scrambles is read and solved") {
    PuzzleChoice choice;
    choice.world = "cube3";
    choice.moves = "deepcubea";
    const std::unique_ptr<Space> space = make_space(choice);
    const auto& cube = dynamic_cast<const PermutationPuzzle&>(*space);
    CHECK(cube.group().order() == 43252003274489856000.0L);
    REQUIRE(cube.actions() == 12);
    CHECK(cube.action_name(nullptr, 0) == "U-1");
    CHECK(cube.action_name(nullptr, 11) == "F1");
    for (int action = 0; action < 12; ++action) CHECK(cube.inverse(action) == (action ^ 1));
    // Known orders, whatever the numbers: (R U) 105 times, opposite faces commute.
    State state = cube.goal();
    const auto turn = [&](int action) { cube.apply(state.data(), action); };
    for (int i = 0; i < 105; ++i) turn(7), turn(1);
    CHECK(cube.solved(state.data()));
    for (int i = 0; i < 35; ++i) turn(7), turn(1);
    CHECK_FALSE(cube.solved(state.data()));
    for (const int face : {1, 5, 9}) {
        state = cube.goal();
        for (const int action : {face, face + 2, face - 1, face + 1}) turn(action);
        CHECK(cube.solved(state.data()));
    }
    CHECK(cube.read(cube.text(cube.goal().data())) == cube.goal());
}

TEST_CASE("a turn of U takes the front to the left, as on a real cube") {
    const PermutationPuzzle cube = make_cube(3);
    const State state = after(cube, {"U"});
    // The row of L next to U shows what F had there; U itself turns clockwise.
    CHECK(state[18] == 45);
    CHECK(state[20] == 47);
    CHECK(state[2] == 0);
    CHECK(state[4] == 4);
    CHECK(state[9] == 9);
    // R takes the front up, F takes the top to the right, D takes the front to the right.
    CHECK(after(cube, {"R"})[2] == 47);
    CHECK(after(cube, {"F"})[27] == 6);
    CHECK(after(cube, {"D"})[33] == 51);
    CHECK(after(cube, {"L"})[45] == 0);
    CHECK(after(cube, {"B"})[18] == 2);
    // Known orders of sequences: (R U R' U') 6 times, (R U) 105 times.
    std::vector<std::string> six, many;
    for (int i = 0; i < 6; ++i)
        for (const char* m : {"R", "U", "R'", "U'"}) six.push_back(m);
    for (int i = 0; i < 105; ++i)
        for (const char* m : {"R", "U"}) many.push_back(m);
    CHECK(after(cube, six) == cube.goal());
    CHECK(after(cube, many) == cube.goal());
    many.resize(70);
    CHECK(after(cube, many) != cube.goal());
}

TEST_CASE("the whole 2x2x2: 3,674,160 states, the farthest 14 quarter turns away") {
    const PocketCube table;
    const std::vector<int64_t> known{1,      6,      27,     120,     534,    2256,  8969, 33058,
                                     114149, 360508, 930588, 1350852, 782536, 90280, 276};
    CHECK(table.counts() == known);
    // The table agrees with the moves: the distance changes by one with each turn.
    const PermutationPuzzle cube = make_cube(2);
    Random random(7, "cube_test");
    for (int i = 0; i < 300; ++i) {
        const State state = cube.random_state(random);
        const int here = table.distance(state.data());
        int closest = 99;
        for (int action = 0; action < cube.actions(); ++action) {
            State next = state;
            cube.apply(next.data(), action);
            closest = std::min(closest, table.distance(next.data()));
            CHECK(std::abs(table.distance(next.data()) - here) <= 1);
            cube.apply(next.data(), cube.inverse(action));
            CHECK(next == state);
        }
        CHECK(closest == (here == 0 ? 1 : here - 1));
        CHECK(cube.lower_bound(state.data()) <= here);
    }
}

TEST_CASE("a 2x2x2 is read however it is held") {
    const PermutationPuzzle cube = make_cube(2);
    const PocketCube table;
    const std::vector<Permutation> turns = whole_turns(2);
    CHECK(turns.size() == 24);
    Random random(8, "cube_test");
    for (const Permutation& turn : turns) {
        const State state = cube.random_state(random);
        // The cube is turned as a whole: stickers change their positions, no distance does.
        const State turned = compose(state, turn);
        CHECK(table.distance(cube.read(cube.text(turned.data())).data()) ==
              table.distance(state.data()));
        // Only the numbers are others: the same moves solve it.
        const State renamed = compose(turn, state);
        CHECK(cube.read(cube.text(renamed.data())) == state);
    }
}

TEST_CASE("states that no moves reach are refused") {
    const PermutationPuzzle cube = make_cube(3);
    State state = cube.goal();
    CHECK(refusal(cube, cube.text(state.data())) == "accepted");
    const auto exchanged = [&](std::initializer_list<std::pair<int, int>> pairs) {
        State s = cube.goal();
        for (const auto& [a, b] : pairs)
            std::swap(s[static_cast<size_t>(a)], s[static_cast<size_t>(b)]);
        return refusal(cube, cube.text(s.data()));
    };
    CHECK(exchanged({{7, 46}}).find("flipped") != std::string::npos); // the edge of U and F
    CHECK(exchanged({{4, 13}}).find("sticker 13 at position 4") != std::string::npos);
    CHECK(exchanged({{1, 7}, {37, 46}}).find("exchanged") != std::string::npos);
    CHECK(exchanged({{1, 0}}).find("no move brings it") != std::string::npos);
    const auto corner = corners(3)[0];
    state[corner[0]] = corner[1], state[corner[1]] = corner[2], state[corner[2]] = corner[0];
    CHECK(refusal(cube, cube.text(state.data())).find("twisted") != std::string::npos);
    CHECK(refusal(cube, "0 1 2") == "expected 54 numbers, found 3");
    state = cube.goal();
    state[5] = 3;
    CHECK(refusal(cube, cube.text(state.data())) == "expected each of 0 to 53 once, found 3 twice");
    // Every state that moves do reach is read, and drawn ones are such.
    Random random(9, "cube_test");
    for (int i = 0; i < 20; ++i) {
        const State far = scramble(cube, 60, random), any = cube.random_state(random);
        CHECK(cube.read(cube.text(far.data())) == far);
        CHECK(cube.read(cube.text(any.data())) == any);
    }
}

TEST_CASE("composed moves: the different products of up to so many turns") {
    CHECK(composed(quarter_turns(3), 1).size() == 12);
    CHECK(composed(quarter_turns(3), 2).size() == 12 + 114);
    CHECK(composed(quarter_turns(3), 3).size() == 12 + 114 + 1068);
    CHECK(composed(quarter_turns(2), 3).size() == 6 + 27 + 120);
    const PermutationPuzzle cube = make_cube(3, 2);
    for (int action = 0; action < cube.actions(); ++action) {
        State state = cube.goal();
        cube.apply(state.data(), action);
        cube.apply(state.data(), cube.inverse(action));
        REQUIRE(cube.solved(state.data()));
    }
    CHECK(cube.moves()[12].name == "U U");
    CHECK(after(cube, {"U U"}) == after(cube, {"U", "U"}));
}

TEST_CASE("another numbering by a file of move tables") {
    // The same cube with its stickers numbered from behind.
    const Temporary folder;
    const std::string path = folder.path + "/moves.json";
    const PermutationPuzzle cube = make_cube(3);
    const auto renumbered = [](const Permutation& p) {
        Permutation q(p.size());
        const auto last = static_cast<uint8_t>(p.size() - 1);
        for (size_t i = 0; i < p.size(); ++i) q[last - i] = static_cast<uint8_t>(last - p[i]);
        return q;
    };
    std::string text = "{";
    for (const PermutationMove& move : cube.moves()) {
        if (move.name.ends_with("'")) continue;
        text += (text == "{" ? "\"" : ", \"") + move.name + "\": [";
        const Permutation from = renumbered(move.from);
        for (size_t i = 0; i < from.size(); ++i)
            text += (i > 0 ? ", " : "") + std::to_string(from[i]);
        text += "]";
    }
    write_file_atomic(path, text + "}");
    const PermutationPuzzle other("cube", read_moves(path));
    CHECK(other.actions() == 12);
    CHECK(other.group().order() == cube.group().order());
    const State state = after(cube, {"R", "U'", "F"});
    CHECK(after(other, {"R", "U'", "F"}) == renumbered(state));
    CHECK(refusal(other, cube.text(renumbered(state).data())) == "accepted");

    const auto bad = [&](const char* content) {
        write_file_atomic(path, content);
        try {
            read_moves(path);
        } catch (const Error& error) {
            return std::string(error.what()).substr(path.size());
        }
        return std::string("accepted");
    };
    CHECK(bad("[1]").starts_with(": expected an object of moves"));
    CHECK(bad("{\"a\": 1}").starts_with(": move \"a\": expected a list"));
    CHECK(bad("{\"a\": [0, 2]}") == ": move \"a\": expected numbers from 0 to 1, found 2");
    CHECK(bad("{\"a\": [0, 0]}") == ": move \"a\": expected each number once, found one twice");
    CHECK(bad("{\"a\": [1, 0], \"b\": [1, 2, 0]}").starts_with(": move \"b\": expected 2 numbers"));
    CHECK(bad("{\"a\": [0, 1]}") == ": move \"a\" moves nothing");
    CHECK(bad("{\"a\": [1, 2, 0]}") == "accepted");
}
