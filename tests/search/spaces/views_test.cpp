// Views of a start: as far from the goal, with ways that lead back to the start's own.
#include "search/spaces/views.h"

#include "engine/base/error.h"
#include "search/puzzles/cube.h"
#include "search/puzzles/lights_out.h"
#include "search/puzzles/sliding.h"
#include "search/solve.h"
#include "tests/search/spaces/wrong_distance.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <memory>
#include <set>
#include <utility>
#include <vector>

using namespace qstar;
using namespace qstar::search;

namespace {

State played(const Space& space, State state, const std::vector<int>& actions) {
    for (const int action : actions) space.apply(state.data(), action);
    return state;
}

// The actions that take back those of a scramble.
std::vector<int> undone(const Space& space, std::vector<int> actions) {
    std::reverse(actions.begin(), actions.end());
    for (int& action : actions) action = space.inverse(action);
    return actions;
}

std::vector<std::unique_ptr<Space>> spaces_with_images() {
    std::vector<std::unique_ptr<Space>> all;
    all.push_back(std::make_unique<PermutationPuzzle>(make_cube(3)));
    all.push_back(std::make_unique<PermutationPuzzle>(make_cube(2)));
    all.push_back(std::make_unique<Sliding>(4));
    all.push_back(std::make_unique<LightsOut>(4));
    return all;
}

} // namespace

TEST_CASE("a cube has 48 symmetries, and those of the 2x2x2 that hold its corner are six") {
    const std::vector<Permutation> all = symmetries(3);
    CHECK(std::set<Permutation>(all.begin(), all.end()).size() == 48);
    CHECK(make_cube(3).images() == 48);
    CHECK(make_cube(3, 2).images() == 48);
    CHECK(make_cube(2).images() == 6);
    CHECK(views(make_cube(3)) == 96);
    CHECK(views(Sliding(4)) == 2);
    CHECK(views(LightsOut(5)) == 8);
}

TEST_CASE("an action in a view is what its image says") {
    Random random(1, "views_test");
    for (const auto& space : spaces_with_images()) {
        const State start = space->random_state(random);
        State image(start.size()), next_image(start.size());
        std::set<State> different;
        for (int i = 0; i < space->images(); ++i) {
            space->write_image(start.data(), i, image.data());
            different.insert(image);
            for (int action = 0; action < space->actions(); ++action) {
                if (!space->legal(start.data(), action)) continue;
                State next = start, moved = image;
                space->apply(next.data(), action);
                space->apply(moved.data(), space->image_of_action(action, i));
                space->write_image(next.data(), i, next_image.data());
                CHECK(next_image == moved);
            }
        }
        CHECK(std::ssize(different) == space->images());
        space->write_image(start.data(), 0, image.data());
        CHECK(image == start);
    }
}

TEST_CASE("the canonical image comes first of all, and is one for all images of a state") {
    Random random(3, "views_test");
    for (const auto& space : spaces_with_images()) {
        State canonical(space->state_bytes()), image = canonical, again = canonical;
        // The goal is its own image under all symmetries; few moves leave some of them.
        for (const int64_t moves : {0, 1, 2, 60}) {
            const State start = scramble(*space, moves, random);
            space->write_image(start.data(), space->canonical_image(start.data()),
                               canonical.data());
            for (int i = 0; i < space->images(); ++i) {
                space->write_image(start.data(), i, image.data());
                CHECK(canonical <= image);
                space->write_image(image.data(), space->canonical_image(image.data()),
                                   again.data());
                CHECK(again == canonical);
            }
        }
    }
}

TEST_CASE("views are as far from the goal, and a way from each is turned into the start's own") {
    const PermutationPuzzle cube = make_cube(2);
    const PocketCube table;
    Random random(2, "views_test");
    for (int i = 0; i < 5; ++i) {
        const State start = cube.random_state(random);
        for (int view = 0; view < views(cube); ++view) {
            State seen = view_of(cube, start, view);
            CHECK(table.distance(seen.data()) == table.distance(start.data()));
            // Downhill by the table of all distances.
            std::vector<int> way;
            while (!cube.solved(seen.data())) {
                for (int action = 0; action < cube.actions(); ++action) {
                    State next = seen;
                    cube.apply(next.data(), action);
                    if (table.distance(next.data()) >= table.distance(seen.data())) continue;
                    seen = next;
                    way.push_back(action);
                    break;
                }
            }
            CHECK(cube.solved(played(cube, start, way_back(cube, way, view)).data()));
        }
    }
}

TEST_CASE("the shortest way of all views is kept, and they share the budget") {
    const PermutationPuzzle cube = make_cube(3);
    const std::vector<int> scrambling{0, 4, 8, 3, 7, 10, 2, 9};
    const State start = played(cube, cube.goal(), scrambling);
    PuzzleOptions options;
    options.views = 6;
    options.nodes = 1000;
    options.evaluations = 450;
    int view = 0;
    // View 0 is not solved, view 1 with four turns too many, 2 and 4 with none, 3 with two.
    const auto solve_one = [&](const State& seen, const PuzzleOptions& left) {
        CHECK(seen == view_of(cube, start, view));
        CHECK(left.views == 1);
        CHECK(left.nodes == 1000 - 10 * view);
        CHECK(left.evaluations == 450 - 100 * view);
        PuzzleResult one;
        one.nodes = 10;
        one.evaluations = one.expanded = 100;
        one.bytes = 1000 - view;
        one.solved = view > 0;
        one.ended = one.solved ? "solved" : "exhausted";
        one.actions = view % 2 == 0 ? undone(cube, scrambling) : scrambling;
        for (int& action : one.actions) action = cube.image_of_action(action, view / 2);
        for (int more = 0; more < (view == 1 ? 2 : view == 3 ? 1 : 0); ++more)
            one.actions.insert(one.actions.begin(), {6, cube.inverse(6)});
        if (one.solved) {
            CHECK(cube.solved(played(cube, seen, one.actions).data()));
            one.solutions.emplace_back(100, std::ssize(one.actions));
        }
        ++view;
        return one;
    };
    const PuzzleResult best = shortest_of_views(cube, start, options, solve_one);
    CHECK(view == 5); // the sixth would have gone beyond 450 evaluations
    CHECK(best.solved);
    CHECK(best.ended == "solved");
    CHECK(best.actions.size() == scrambling.size());
    CHECK(cube.solved(played(cube, start, best.actions).data()));
    CHECK(best.solutions ==
          std::vector<std::pair<int64_t, int64_t>>{{200, 12}, {300, 8}}); // each shorter
    CHECK(best.nodes == 50);
    CHECK(best.evaluations == 500);
    CHECK(best.expanded == 500);
    CHECK(best.bytes == 1000);
}

TEST_CASE("a beam too narrow for the shortest way finds it from another view") {
    const PermutationPuzzle cube = make_cube(2);
    const PocketCube table;
    tests::Wrong h(table, 2.5f);
    Random random(7, "views_test");
    int64_t alone = 0, together = 0;
    for (int i = 0; i < 20; ++i) {
        const State start = cube.random_state(random);
        PuzzleOptions options;
        options.hashed = true;
        options.shared.width = 10;
        const PuzzleResult one = solve(cube, Method::beam, &h, nullptr, start, options);
        options.views = 12;
        const PuzzleResult all = solve(cube, Method::beam, &h, nullptr, start, options);
        REQUIRE(one.solved);
        CHECK(all.solved);
        CHECK(all.actions.size() <= one.actions.size());
        CHECK(all.expanded > one.expanded);
        CHECK(cube.solved(played(cube, start, all.actions).data()));
        alone += std::ssize(one.actions) - table.distance(start.data());
        together += std::ssize(all.actions) - table.distance(start.data());
    }
    CHECK(alone > 0);
    CHECK(2 * together < alone);
}

TEST_CASE("more views than there are, and a record of several, are refused") {
    const Sliding puzzle(3);
    LowerBound bound(puzzle);
    PuzzleOptions options;
    options.views = 3;
    CHECK_THROWS_WITH_AS(solve(puzzle, Method::astar, &bound, nullptr, puzzle.goal(), options),
                         "--views must be within 1 to 2 for sliding 3x3, found 3", Error);
    options.views = 2;
    options.record = true;
    CHECK_THROWS_AS(solve(puzzle, Method::astar, &bound, nullptr, puzzle.goal(), options), Error);
}
