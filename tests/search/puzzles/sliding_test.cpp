// The sliding puzzle against the whole of the 8-puzzle.
#include "search/puzzles/sliding.h"

#include "search/puzzles/ida_star.h"
#include "tests/search/puzzles/refusal.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <unordered_map>

using namespace qstar;
using namespace qstar::search;

namespace {

// Every state that slides reach from the goal, with its distance.
std::unordered_map<std::string, int> all_distances(const Sliding& puzzle) {
    const auto key = [](const State& s) { return std::string(s.begin(), s.end()); };
    std::unordered_map<std::string, int> distance{{key(puzzle.goal()), 0}};
    std::vector<State> waiting{puzzle.goal()};
    for (size_t i = 0; i < waiting.size(); ++i)
        for (int action = 0; action < 4; ++action) {
            if (!puzzle.legal(waiting[i].data(), action)) continue;
            State next = waiting[i];
            puzzle.apply(next.data(), action);
            if (distance.try_emplace(key(next), distance[key(waiting[i])] + 1).second)
                waiting.push_back(next);
        }
    return distance;
}

} // namespace

TEST_CASE("the whole 8-puzzle: half of 9! states, the farthest 31 away, bounds below the truth") {
    const Sliding puzzle(3);
    const WalkingDistance walking(3);
    const auto distance = all_distances(puzzle);
    CHECK(distance.size() == 181440);
    std::vector<int> at(40);
    bool admissible = true, parity = true, mirrors = true;
    for (const auto& [text, d] : distance) {
        ++at[static_cast<size_t>(d)];
        const auto* state = reinterpret_cast<const uint8_t*>(text.data());
        const int manhattan = puzzle.lower_bound(state);
        const int steps = walking(state);
        admissible = admissible && manhattan <= d && steps <= d && (d == 0) == (steps == 0);
        std::string image = text;
        puzzle.write_image(state, 1, reinterpret_cast<uint8_t*>(image.data()));
        mirrors = mirrors && distance.at(image) == d;
        parity = parity && (d - manhattan) % 2 == 0 && (d - steps) % 2 == 0;
    }
    CHECK(admissible);
    CHECK(parity);
    CHECK(mirrors);
    CHECK(at[31] == 2);
    CHECK(at[32] == 0);

    // What is in neither half is refused, and only that.
    Random random(3, "sliding_test");
    for (int i = 0; i < 200; ++i) {
        State state = puzzle.random_state(random);
        CHECK(distance.contains(std::string(state.begin(), state.end())));
        CHECK(puzzle.read(puzzle.text(state.data())) == state);
        const auto zero = std::find(state.begin(), state.end(), 0) - state.begin();
        std::swap(state[zero == 0 ? 1 : 0], state[zero == 8 ? 7 : 8]);
        CHECK(refusal(puzzle, puzzle.text(state.data())).find("parity") != std::string::npos);
    }

    // IDA* with the walking distance is exact.
    for (int i = 0; i < 100; ++i) {
        State state = puzzle.random_state(random);
        const auto found = ida_star(walking, state);
        CHECK(static_cast<int>(found.actions.size()) ==
              distance.at(std::string(state.begin(), state.end())));
        for (const int action : found.actions) {
            REQUIRE(puzzle.legal(state.data(), action));
            puzzle.apply(state.data(), action);
        }
        CHECK(puzzle.solved(state.data()));
    }
}

TEST_CASE("slides: legal ones, undone by their inverse, called by the tile") {
    for (int width = 2; width <= 5; ++width) {
        const Sliding puzzle(width);
        Random random(4, "sliding_test");
        State state = scramble(puzzle, 100, random);
        CHECK(sliding_width(puzzle.text(state.data())) == width);
        CHECK(puzzle.read(puzzle.text(state.data())) == state);
        int legal = 0;
        for (int action = 0; action < 4; ++action) {
            if (!puzzle.legal(state.data(), action)) continue;
            ++legal;
            State next = state;
            puzzle.apply(next.data(), action);
            const std::string tile = puzzle.action_name(state.data(), action);
            CHECK(next != state);
            CHECK(puzzle.legal(next.data(), puzzle.inverse(action)));
            CHECK(puzzle.action_name(next.data(), puzzle.inverse(action)) == tile);
            puzzle.apply(next.data(), puzzle.inverse(action));
            CHECK(next == state);
        }
        CHECK(legal >= 2);
    }
    const Sliding puzzle(3);
    const State state = puzzle.read("1 2 3 4 5 6 7 0 8");
    CHECK(puzzle.action_name(state.data(), 3) == "8");
    CHECK(puzzle.action_name(state.data(), 0) == "5");
    CHECK(puzzle.lower_bound(state.data()) == 1);
}

TEST_CASE("walking distance: 24,964 small states for the 15-puzzle, and known hard states") {
    const WalkingDistance walking(4);
    CHECK(walking.size() == 24964);
    const Sliding puzzle(4);
    CHECK(walking(puzzle.goal().data()) == 0);
    // From Korf 1985, number 79: 42 slides; his goal has the blank first, so turn the board
    // by half and count the tiles from behind.
    const std::vector<int> korf{0, 1, 9, 7, 11, 13, 5, 3, 14, 12, 4, 2, 8, 6, 10, 15};
    State state;
    for (size_t i = korf.size(); i-- > 0;)
        state.push_back(static_cast<uint8_t>(korf[i] == 0 ? 0 : 16 - korf[i]));
    CHECK(puzzle.read(puzzle.text(state.data())) == state);
    CHECK(ida_star(walking, state).actions.size() == 42);
}

TEST_CASE("with the blank first: Korf's states as he wrote them") {
    const Sliding puzzle(4, true), ours(4);
    const std::string korf = "0 1 9 7 11 13 5 3 14 12 4 2 8 6 10 15";
    State state = puzzle.read(korf);
    CHECK(puzzle.text(state.data()) == korf);
    CHECK(puzzle.text(puzzle.goal().data()) == "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15");
    // A step is called by the number that stands on its tile, and the way ends in his goal.
    std::vector<int> board{0, 1, 9, 7, 11, 13, 5, 3, 14, 12, 4, 2, 8, 6, 10, 15};
    for (const int action : ida_star(WalkingDistance(4), state).actions) {
        const int tile = std::stoi(puzzle.action_name(state.data(), action));
        const auto at = std::find(board.begin(), board.end(), tile);
        const auto blank = std::find(board.begin(), board.end(), 0);
        const auto apart = std::abs(at - blank);
        CHECK((apart == 4 ||
               (apart == 1 && (at - board.begin()) / 4 == (blank - board.begin()) / 4)));
        std::iter_swap(at, blank);
        puzzle.apply(state.data(), action);
    }
    for (int i = 0; i < 16; ++i) CHECK(board[static_cast<size_t>(i)] == i);
    for (const Sliding* other : {&ours, &puzzle}) // of the two parities, each has one
        CHECK(refusal(*other, other == &ours ? korf : "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 0")
                  .find("other parity") != std::string::npos);
}

TEST_CASE("malformed sliding states are refused in one sentence") {
    const Sliding puzzle(3);
    CHECK(refusal(puzzle, "1 2 3 4 5 6 7 8") == "expected 9 numbers, found 8");
    CHECK(refusal(puzzle, "1 2 3 4 5 6 7 8 9") == "expected a number from 0 to 8, found \"9\"");
    CHECK(refusal(puzzle, "1 2 3 4 5 6 7 x 0") == "expected a number from 0 to 8, found \"x\"");
    CHECK(refusal(puzzle, "1 2 3 4 5 6 7 7 0") == "expected each of 0 to 8 once, found 7 twice");
    CHECK(refusal(puzzle, "1 2 3 4 5 6 8 7 0").find("other parity") != std::string::npos);
    CHECK(refusal(puzzle, "1,2,3,4,5,6,7,8,0") == "accepted");
    CHECK_THROWS_AS(Sliding(6), Error);
    CHECK_THROWS_AS(sliding_width("1 2 3"), Error);
}
