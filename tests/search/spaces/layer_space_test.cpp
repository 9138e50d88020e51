// Wide beams: with room for all a breadth-first search, with less the same path from a heuristic
// as from the Q-values that look one step ahead.
#include "search/spaces/layer_space.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "search/puzzles/cube.h"
#include "search/puzzles/lights_out.h"
#include "search/puzzles/sliding.h"
#include "search/solve.h"
#include "tests/sanitized.h"
#include "tests/search/spaces/wrong_distance.h"

#include <doctest/doctest.h>
#include <string>

using namespace qstar;
using namespace qstar::search;

namespace {

struct Nothing : Heuristic {
    void cost_to_go(const uint8_t*, int64_t n, float* h) override { std::fill_n(h, n, 0.0f); }
};

bool leads_to_goal(const Space& space, State state, const PuzzleResult& result) {
    for (const int action : result.actions) {
        if (!space.legal(state.data(), action)) return false;
        space.apply(state.data(), action);
    }
    return space.solved(state.data());
}

PuzzleOptions wide(int width) {
    PuzzleOptions options;
    options.shared.width = width;
    options.hashed = true;
    return options;
}

} // namespace

TEST_CASE("a beam with room for every state is a breadth-first search") {
    const Sliding puzzle(3);
    Nothing nothing;
    LowerBound manhattan(puzzle);
    Random random(3, "layer_space_test");
    for (int i = 0; i < (tests::kSanitized ? 1 : 4); ++i) {
        const State start = puzzle.random_state(random);
        const PuzzleResult beam =
            solve(puzzle, Method::beam, &nothing, nullptr, start, wide(40'000));
        const PuzzleResult best = solve(puzzle, Method::astar, &manhattan, nullptr, start, {});
        CHECK(beam.solved);
        CHECK(beam.actions.size() == best.actions.size());
        CHECK(leads_to_goal(puzzle, start, beam));
        CHECK(beam.nodes < 181'440); // no state twice
    }
}

TEST_CASE("Q-values a step ahead and the heuristic choose the same beams; threads change nothing") {
    const PermutationPuzzle cube = make_cube(2);
    const PocketCube table;
    tests::Wrong h(table, 4);
    OneStepQ q(cube, h);
    Random random(5, "layer_space_test");
    for (int i = 0; i < 6; ++i) {
        const State start = cube.random_state(random);
        const PuzzleResult by_h = solve(cube, Method::beam, &h, nullptr, start, wide(300));
        const PuzzleResult by_q = solve(cube, Method::beam, nullptr, &q, start, wide(300));
        engine::set_threads(1);
        const PuzzleResult alone = solve(cube, Method::beam, nullptr, &q, start, wide(300));
        engine::set_threads(0);
        CHECK(by_h.solved);
        CHECK(leads_to_goal(cube, start, by_h));
        CHECK(by_q.actions == by_h.actions);
        CHECK(alone.actions == by_q.actions);
        CHECK(by_q.evaluations == by_q.expanded);       // one a state of the beam
        CHECK(by_h.evaluations > 3 * by_q.evaluations); // one a child
    }
}

TEST_CASE("a beam that knows a way ends where no shorter one can come") {
    const PermutationPuzzle cube = make_cube(2);
    const PocketCube table;
    tests::Wrong h(table, 0);
    Random random(8, "layer_space_test");
    for (int i = 0; i < 5; ++i) {
        const State start = cube.random_state(random);
        const int64_t length = table.distance(start.data());
        PuzzleOptions options = wide(100);
        for (const int more : {1, 2, 3}) {
            options.shorter_than = length + more;
            const PuzzleResult found = solve(cube, Method::beam, &h, nullptr, start, options);
            CHECK(found.solved);
            CHECK(std::ssize(found.actions) == length);
        }
        options.shorter_than = length;
        const PuzzleResult none = solve(cube, Method::beam, &h, nullptr, start, options);
        CHECK_FALSE(none.solved);
        CHECK(none.ended == "exhausted");
        CHECK(std::ssize(none.actions) < length); // where it left off, two turns before
    }
}

TEST_CASE("a beam that leads nowhere ends after 200 layers where nobody said when") {
    const PermutationPuzzle cube = make_cube(3);
    Nothing nothing;
    Random random(9, "layer_space_test");
    const State start = cube.random_state(random);
    const PuzzleResult lost = solve(cube, Method::beam, &nothing, nullptr, start, wide(3));
    CHECK_FALSE(lost.solved);
    CHECK(lost.ended == "nodes");
    CHECK(lost.nodes >= 600);
    CHECK(lost.nodes < 610);
    CHECK(node_budget({}) == 1'000'000);
    CHECK(node_budget(wide(65536)) == 200 * 65536);
}

TEST_CASE("a wide beam ends with its budgets, and leads to the best state that it saw") {
    const PermutationPuzzle cube = make_cube(2);
    const PocketCube table;
    tests::Wrong h(table, 0.4f);
    // As far as a state can be, of which a walk at random finds none in a few tries.
    Random random(6, "layer_space_test");
    State start = cube.random_state(random);
    while (table.distance(start.data()) < 12) start = cube.random_state(random);
    PuzzleOptions options = wide(50);
    options.nodes = 200;
    const PuzzleResult nodes = solve(cube, Method::beam, &h, nullptr, start, options);
    CHECK(nodes.ended == "nodes");
    CHECK_FALSE(nodes.solved);
    State end = start;
    for (const int action : nodes.actions) cube.apply(end.data(), action);
    CHECK(table.distance(end.data()) < table.distance(start.data()) - 2);

    options = wide(50);
    options.evaluations = 300;
    CHECK(solve(cube, Method::beam, &h, nullptr, start, options).ended == "evaluations");
    CHECK(solve(cube, Method::beam, &h, nullptr, start, options).evaluations <= 300);

    const PuzzleResult there = solve(cube, Method::beam, &h, nullptr, cube.goal(), wide(50));
    CHECK(there.solved);
    CHECK(there.actions.empty());
}

TEST_CASE("a beam that no memory holds is refused before it begins") {
    const LightsOut lights(7);
    LowerBound h(lights);
    std::string error;
    try {
        solve(lights, Method::beam, &h, nullptr, lights.goal(), wide(1'000'000'000));
    } catch (const Error& refused) {
        error = refused.what();
    }
    CHECK(error.starts_with("a beam of 1000000000 states of lights-out 7x7 takes "));
    CHECK(error.find("a smaller --width takes less") != std::string::npos);
    CHECK(LayerSpace::memory(make_cube(3), 65536, true) < 80'000'000);
}
