// Lights Out: linear algebra against exhaustive truth.
#include "search/puzzles/lights_out.h"

#include "search/puzzles/sliding.h"
#include "search/puzzles/value_model.h"
#include "tests/sanitized.h"
#include "tests/search/puzzles/refusal.h"

#include <algorithm>
#include <bit>
#include <doctest/doctest.h>
#include <set>

using namespace qstar;
using namespace qstar::search;

namespace {

uint32_t bits_of(const State& state) {
    uint32_t bits = 0;
    for (size_t i = 0; i < state.size(); ++i) bits |= uint32_t{state[i]} << i;
    return bits;
}

// The fewest presses for every state, by all sets of presses; 255: no set does it.
std::vector<uint8_t> fewest_presses(const LightsOut& puzzle) {
    const int n = puzzle.actions();
    std::vector<uint32_t> toggles;
    for (int i = 0; i < n; ++i) {
        State state = puzzle.goal();
        puzzle.apply(state.data(), i);
        toggles.push_back(bits_of(state));
    }
    std::vector<uint8_t> fewest(size_t{1} << n, 255);
    uint32_t lit = 0, presses = 0;
    for (uint32_t i = 1; i <= uint32_t{1} << n; ++i) {
        fewest[lit] = std::min(fewest[lit], static_cast<uint8_t>(std::popcount(presses)));
        const int next = std::countr_zero(i); // a Gray code: one press more or less
        if (next >= n) break;
        lit ^= toggles[static_cast<size_t>(next)];
        presses ^= uint32_t{1} << next;
    }
    return fewest;
}

State state_of(const LightsOut& puzzle, uint32_t bits) {
    State state = puzzle.goal();
    for (size_t i = 0; i < state.size(); ++i) state[i] = bits >> i & 1;
    return state;
}

State image_of(const Space& space, const State& state, int image) {
    State out(state.size());
    space.write_image(state.data(), image, out.data());
    return out;
}

} // namespace

TEST_CASE("lights-out 1x1 to 4x4 whole: what can be solved, and in how few presses") {
    for (int width = 1; width <= 4; ++width) {
        const LightsOut puzzle(width);
        const std::vector<uint8_t> truth = fewest_presses(puzzle);
        int64_t solvable = 0;
        bool same = true;
        for (uint32_t bits = 0; bits < truth.size(); ++bits) {
            const auto presses = puzzle.shortest(state_of(puzzle, bits).data());
            solvable += presses.has_value();
            same = same && (presses ? presses->size() == truth[bits] : truth[bits] == 255);
            for (int i = 0; i < puzzle.images(); ++i) {
                const State image = image_of(puzzle, state_of(puzzle, bits), i);
                same = same && truth[bits_of(image)] == truth[bits];
            }
        }
        CHECK(same);
        CHECK(solvable == int64_t{1} << (width * width - puzzle.nullity()));
    }
}

TEST_CASE("lights-out: the images of a state are the eight of a square") {
    const LightsOut puzzle(3);
    std::set<State> images;
    for (int i = 0; i < puzzle.images(); ++i) {
        const State state{1, 1, 0, 0, 0, 1, 0, 0, 0}; // looks different from all sides
        images.insert(image_of(puzzle, state, i));
        if (i == 0) CHECK(image_of(puzzle, state, i) == state);
    }
    CHECK(images.size() == 8);
}

TEST_CASE("lights-out and sliding: an action's image leads to the image of where it leads") {
    const LightsOut lights(4);
    const Sliding tiles(4);
    for (const Space* space :
         {static_cast<const Space*>(&lights), static_cast<const Space*>(&tiles)}) {
        Random random(3, "images");
        for (int round = 0; round < 20; ++round) {
            const State state = space->random_state(random);
            for (int image = 0; image < space->images(); ++image)
                for (int action = 0; action < space->actions(); ++action) {
                    if (!space->legal(state.data(), action)) continue;
                    State first = state, second = image_of(*space, state, image);
                    space->apply(first.data(), action);
                    const int there = space->image_of_action(action, image);
                    REQUIRE(space->legal(second.data(), there));
                    space->apply(second.data(), there);
                    CHECK(image_of(*space, first, image) == second);
                }
        }
    }
}

TEST_CASE("the mean over the images is the same for all images") {
    const LightsOut puzzle(3);
    // Something that sees the images as strangers.
    struct OneSided : Heuristic, QFunction {
        void cost_to_go(const uint8_t* states, int64_t n, float* h) override {
            for (int64_t i = 0; i < n; ++i) h[i] = states[9 * i] * 2.0f + states[9 * i + 1];
        }
        void q_values(const uint8_t* states, int64_t n, float* q) override {
            for (int64_t i = 0; i < 9 * n; ++i)
                q[i] = static_cast<float>(i % 9) + static_cast<float>(states[i]);
        }
    } one_sided;
    Mirrored mean(puzzle, one_sided);
    MirroredQ mean_q(puzzle, one_sided);
    const State state{1, 1, 0, 0, 0, 1, 0, 0, 0};
    float h = 0;
    std::vector<float> q(9);
    mean.cost_to_go(state.data(), 1, &h);
    mean_q.q_values(state.data(), 1, q.data());
    // Each corner (one of four is lit) and each edge (two of four) stands there in two images.
    CHECK(h == doctest::Approx((2.0 * 2 * 1 + 2 * 2) / 8));
    for (int image = 1; image < 8; ++image) {
        const State other = image_of(puzzle, state, image);
        float same = 0;
        std::vector<float> turned(9);
        mean.cost_to_go(other.data(), 1, &same);
        mean_q.q_values(other.data(), 1, turned.data());
        CHECK(same == doctest::Approx(h));
        for (int cell = 0; cell < 9; ++cell)
            CHECK(turned[static_cast<size_t>(puzzle.image_of_action(cell, image))] ==
                  doctest::Approx(q[static_cast<size_t>(cell)]));
    }
}

const int kSamples = tests::kSanitized ? 200 : 3000;

TEST_CASE("lights-out 5x5 against all 33,554,432 sets of presses") {
    const LightsOut puzzle(5);
    const std::vector<uint8_t> truth = fewest_presses(puzzle);
    CHECK(std::count(truth.begin(), truth.end(), 255) == (1 << 25) - (1 << 23));
    int most = 0;
    for (const uint8_t presses : truth)
        if (presses != 255) most = std::max<int>(most, presses);
    CHECK(most == 15);
    Random random(5, "lights_out_test");
    int unsolvable = 0;
    for (int i = 0; i < kSamples; ++i) {
        const auto bits = static_cast<uint32_t>(random.below(1 << 25));
        State state = state_of(puzzle, bits);
        const auto presses = puzzle.shortest(state.data());
        REQUIRE(presses.has_value() == (truth[bits] != 255));
        unsolvable += !presses.has_value();
        const bool refused = refusal(puzzle, puzzle.text(state.data())) != "accepted";
        CHECK(refused == !presses.has_value());
        if (!presses) continue;
        CHECK(presses->size() == truth[bits]);
        CHECK(puzzle.lower_bound(state.data()) <= truth[bits]);
        for (const int cell : *presses) puzzle.apply(state.data(), cell);
        CHECK(puzzle.solved(state.data()));
    }
    CHECK(unsolvable > kSamples / 2);
}

TEST_CASE("lights-out: the null space by width (Anderson and Feil), larger boards solved") {
    const int nullity[] = {0, 0, 0, 4, 2, 0, 0, 0, 8, 0, 6, 0};
    for (int width = 1; width <= 12; ++width) {
        const LightsOut puzzle(width);
        CHECK(puzzle.nullity() == nullity[width - 1]);
        Random random(6, "lights_out_test");
        State state = puzzle.random_state(random);
        CHECK(puzzle.read(puzzle.text(state.data())) == state);
        CHECK(lights_out_width(puzzle.text(state.data())) == width);
        const auto presses = puzzle.shortest(state.data());
        REQUIRE(presses.has_value());
        for (const int cell : *presses) puzzle.apply(state.data(), cell);
        CHECK(puzzle.solved(state.data()));
    }
}

TEST_CASE("malformed lights are refused in one sentence") {
    const LightsOut puzzle(3);
    CHECK(refusal(puzzle, "01010101") == "expected 9 lights, found 8");
    CHECK(refusal(puzzle, "010101012") == "expected lights 0 or 1, found \"2\"");
    CHECK(refusal(puzzle, "0 1 0 1 0 1 0 1 0") == "accepted");
    CHECK(refusal(LightsOut(4), "1000000000000000").find("span") != std::string::npos);
    CHECK_THROWS_AS(LightsOut(0), Error);
    CHECK_THROWS_AS(lights_out_width("01"), Error);
}
