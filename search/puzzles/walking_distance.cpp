#include "search/puzzles/walking_distance.h"

#include "engine/base/error.h"

namespace qstar::search {

namespace {

// Three bits for each (row, home row): how many tiles. The blank is in the row that
// is one tile short.
uint64_t one(int width, int row, int home) { return uint64_t{1} << 3 * (row * width + home); }
int count(uint64_t key, int width, int row, int home) {
    return static_cast<int>(key >> 3 * (row * width + home) & 7);
}
int blank_row(uint64_t key, int width) {
    for (int row = 0; row < width; ++row) {
        int tiles = 0;
        for (int home = 0; home < width; ++home) tiles += count(key, width, row, home);
        if (tiles < width) return row;
    }
    return -1;
}

} // namespace

WalkingDistance::WalkingDistance(int width) : width_(width) {
    if (width < 2 || width > 4)
        fail("walking distance is for sliding puzzles 2 to 4 tiles wide, found {}", width);
    uint64_t goal = 0;
    for (int row = 0; row < width; ++row)
        goal += static_cast<uint64_t>(row + 1 < width ? width : width - 1) * one(width, row, row);

    std::vector<uint64_t> keys{goal};
    number_[goal] = 0;
    distance_.push_back(0);
    for (size_t i = 0; i < keys.size(); ++i) {
        const int blank = blank_row(keys[i], width);
        for (int direction = 0; direction < 2; ++direction)
            for (int line = 0; line < width; ++line) {
                const int row = blank + (direction == 0 ? -1 : 1);
                if (row < 0 || row >= width || count(keys[i], width, row, line) == 0) {
                    next_.push_back(-1);
                    continue;
                }
                const uint64_t key = keys[i] - one(width, row, line) + one(width, blank, line);
                const auto [at, is_new] = number_.try_emplace(key, static_cast<int>(keys.size()));
                if (is_new) {
                    keys.push_back(key);
                    distance_.push_back(static_cast<uint8_t>(distance_[i] + 1));
                }
                next_.push_back(at->second);
            }
    }
}

int WalkingDistance::rows(const uint8_t* state) const {
    uint64_t key = 0;
    for (int at = 0; at < width_ * width_; ++at)
        if (state[at] != 0) key += one(width_, at / width_, (state[at] - 1) / width_);
    return number_.at(key);
}

int WalkingDistance::columns(const uint8_t* state) const {
    uint64_t key = 0;
    for (int at = 0; at < width_ * width_; ++at)
        if (state[at] != 0) key += one(width_, at % width_, (state[at] - 1) % width_);
    return number_.at(key);
}

int WalkingDistance::operator()(const uint8_t* state) const {
    return distance(rows(state)) + distance(columns(state));
}

} // namespace qstar::search
