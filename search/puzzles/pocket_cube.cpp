#include "search/puzzles/pocket_cube.h"

#include "search/puzzles/cube.h"

#include <algorithm>

namespace qstar::search {

namespace {

constexpr int kCorners = 7;
constexpr uint8_t kUnknown = 255;

// The place of an arrangement of 0 .. 6 in their lexicographic order (Lehmer 1960).
int rank(const std::array<int, kCorners>& p) {
    int value = 0;
    for (int i = 0; i < kCorners; ++i) {
        int smaller = 0;
        for (int j = i + 1; j < kCorners; ++j)
            smaller += p[static_cast<size_t>(j)] < p[static_cast<size_t>(i)];
        value = value * (kCorners - i) + smaller;
    }
    return value;
}

} // namespace

PocketCube::PocketCube() {
    const PermutationPuzzle cube = make_cube(2);
    const State goal = cube.goal();
    for (const auto& corner : corners(2)) {
        // The corner at home is the one whose stickers no move moves.
        const bool moves =
            std::any_of(cube.moves().begin(), cube.moves().end(), [&](const PermutationMove& move) {
                return move.from[corner[0]] != corner[0];
            });
        if (moves) corners_.push_back(corner);
    }
    corner_.resize(goal.size());
    side_.resize(goal.size());
    for (size_t i = 0; i < corners_.size(); ++i)
        for (size_t side = 0; side < 3; ++side) {
            corner_[corners_[i][side]] = static_cast<uint8_t>(i);
            side_[corners_[i][side]] = static_cast<uint8_t>(side);
        }

    // What each move makes of each arrangement and of each twist: walks over both.
    const size_t moves = cube.moves().size();
    const auto table = [&](int count, auto coordinate) {
        std::vector<State> examples(static_cast<size_t>(count));
        std::vector<int> next(static_cast<size_t>(count) * moves);
        std::vector<int> waiting{coordinate(goal.data())};
        examples[static_cast<size_t>(waiting[0])] = goal;
        for (size_t i = 0; i < waiting.size(); ++i)
            for (size_t move = 0; move < moves; ++move) {
                State state = examples[static_cast<size_t>(waiting[i])];
                cube.apply(state.data(), static_cast<int>(move));
                const int to = coordinate(state.data());
                next[static_cast<size_t>(waiting[i]) * moves + move] = to;
                if (!examples[static_cast<size_t>(to)].empty()) continue;
                examples[static_cast<size_t>(to)] = state;
                waiting.push_back(to);
            }
        return next;
    };
    const auto arrange = table(kArrangements, [&](const uint8_t* s) { return arrangement(s); });
    const auto twisted = table(kTwists, [&](const uint8_t* s) { return twist(s); });

    // Breadth first.
    distance_.assign(size_t{kArrangements} * kTwists, kUnknown);
    std::vector<int> layer{arrangement(goal.data()) * kTwists + twist(goal.data())}, next;
    distance_[static_cast<size_t>(layer[0])] = 0;
    for (uint8_t depth = 0; !layer.empty(); ++depth, layer.swap(next)) {
        counts_.push_back(static_cast<int64_t>(layer.size()));
        next.clear();
        for (const int state : layer)
            for (size_t move = 0; move < moves; ++move) {
                const int to =
                    arrange[static_cast<size_t>(state / kTwists) * moves + move] * kTwists +
                    twisted[static_cast<size_t>(state % kTwists) * moves + move];
                if (distance_[static_cast<size_t>(to)] != kUnknown) continue;
                distance_[static_cast<size_t>(to)] = static_cast<uint8_t>(depth + 1);
                next.push_back(to);
            }
    }
}

int PocketCube::arrangement(const uint8_t* state) const {
    std::array<int, kCorners> p{};
    for (size_t i = 0; i < p.size(); ++i) p[i] = corner_[state[corners_[i][0]]];
    return rank(p);
}

int PocketCube::twist(const uint8_t* state) const {
    int value = 0;
    for (size_t i = 0; i + 1 < kCorners; ++i) value = value * 3 + side_[state[corners_[i][0]]];
    return value;
}

int PocketCube::distance(const uint8_t* state) const {
    return distance_[static_cast<size_t>(arrangement(state) * kTwists + twist(state))];
}

} // namespace qstar::search
