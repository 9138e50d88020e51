#include "search/puzzles/lights_out.h"

#include "engine/base/error.h"

#include <algorithm>
#include <bit>
#include <fmt/core.h>

namespace qstar::search {

namespace {

bool get(const Bits& bits, int i) { return bits[static_cast<size_t>(i / 64)] >> (i % 64) & 1; }
void flip(Bits& bits, int i) { bits[static_cast<size_t>(i / 64)] ^= uint64_t{1} << (i % 64); }
void add(Bits& to, const Bits& from) {
    for (size_t i = 0; i < to.size(); ++i) to[i] ^= from[i];
}
int ones(const Bits& bits) {
    int count = 0;
    for (const uint64_t word : bits) count += std::popcount(word);
    return count;
}
bool dot(const Bits& a, const Bits& b) {
    uint64_t sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum ^= a[i] & b[i];
    return std::popcount(sum) % 2 == 1;
}

} // namespace

LightsOut::LightsOut(int width) : width_(width) {
    if (width < 1 || width > 40) fail("Lights Out must be 1 to 40 cells wide, found {}", width);
    const int n = width * width;
    const Bits none(static_cast<size_t>(n + 63) / 64);
    reduced_.assign(static_cast<size_t>(n), none);
    sums_ = reduced_;
    for (int i = 0; i < n; ++i) {
        State lit(state_bytes());
        apply(lit.data(), i); // A is symmetric: what i toggles is what toggles i
        for (int j = 0; j < n; ++j)
            if (lit[static_cast<size_t>(j)]) flip(reduced_[static_cast<size_t>(i)], j);
        flip(sums_[static_cast<size_t>(i)], i);
    }
    // Gauss-Jordan elimination.
    size_t row = 0;
    std::vector<int> free_columns;
    for (int column = 0; column < n; ++column) {
        size_t pivot = row;
        while (pivot < reduced_.size() && !get(reduced_[pivot], column)) ++pivot;
        if (pivot == reduced_.size()) {
            free_columns.push_back(column);
            continue;
        }
        std::swap(reduced_[row], reduced_[pivot]);
        std::swap(sums_[row], sums_[pivot]);
        for (size_t other = 0; other < reduced_.size(); ++other) {
            if (other == row || !get(reduced_[other], column)) continue;
            add(reduced_[other], reduced_[row]);
            add(sums_[other], sums_[row]);
        }
        pivots_.push_back(column);
        ++row;
    }
    pivots_.resize(reduced_.size(), -1);
    // One basis vector of the null space for each free column.
    for (const int free : free_columns) {
        Bits basis = none;
        flip(basis, free);
        for (size_t i = 0; i < row; ++i)
            if (get(reduced_[i], free)) flip(basis, pivots_[i]);
        null_space_.push_back(basis);
    }
}

std::string LightsOut::name() const { return fmt::format("lights-out {}x{}", width_, width_); }

void LightsOut::apply(uint8_t* state, int action) const {
    const int row = action / width_, column = action % width_;
    state[action] ^= 1;
    if (row > 0) state[action - width_] ^= 1;
    if (row + 1 < width_) state[action + width_] ^= 1;
    if (column > 0) state[action - 1] ^= 1;
    if (column + 1 < width_) state[action + 1] ^= 1;
}

std::string LightsOut::action_name(const uint8_t* /*state*/, int action) const {
    return std::to_string(action);
}

bool LightsOut::solved(const uint8_t* state) const {
    return std::all_of(state, state + state_bytes(), [](uint8_t light) { return light == 0; });
}

State LightsOut::random_state(Random& random) const {
    State state = goal();
    for (int i = 0; i < actions(); ++i)
        if (random.below(2) == 1) apply(state.data(), i);
    return state;
}

std::optional<Bits> LightsOut::any_solution(const uint8_t* state) const {
    Bits lit(reduced_[0].size());
    for (int i = 0; i < actions(); ++i)
        if (state[i]) flip(lit, i);
    Bits presses(lit.size());
    for (size_t i = 0; i < reduced_.size(); ++i) {
        if (!dot(sums_[i], lit)) continue;
        if (pivots_[i] < 0) return std::nullopt; // 0 = 1
        flip(presses, pivots_[i]);
    }
    return presses;
}

std::optional<std::vector<int>> LightsOut::shortest(const uint8_t* state) const {
    std::optional<Bits> presses = any_solution(state);
    if (!presses) return std::nullopt;
    // All solutions in the order of a Gray code, one addition each.
    Bits best = *presses;
    for (uint64_t i = 1; i < uint64_t{1} << nullity(); ++i) {
        add(*presses, null_space_[static_cast<size_t>(std::countr_zero(i))]);
        if (ones(*presses) < ones(best)) best = *presses;
    }
    std::vector<int> cells;
    for (int i = 0; i < actions(); ++i)
        if (get(best, i)) cells.push_back(i);
    return cells;
}

State LightsOut::read(std::string_view line) const {
    State state;
    for (const char c : line) {
        if (separates_numbers(c)) continue;
        if (c != '0' && c != '1') fail("expected lights 0 or 1, found \"{}\"", c);
        state.push_back(c == '1');
    }
    if (state.size() != state_bytes())
        fail("expected {} lights, found {}", state_bytes(), state.size());
    if (!any_solution(state.data()))
        fail("expected lights that presses can put out, found a state outside the span of all "
             "presses");
    return state;
}

std::string LightsOut::text(const uint8_t* state) const {
    std::string out;
    for (size_t i = 0; i < state_bytes(); ++i) out += static_cast<char>('0' + state[i]);
    return out;
}

int LightsOut::image_of_action(int cell, int image) const {
    int row = cell / width_, column = cell % width_;
    if ((image & 1) != 0) row = width_ - 1 - row;
    if ((image & 2) != 0) column = width_ - 1 - column;
    if ((image & 4) != 0) std::swap(row, column);
    return row * width_ + column;
}

void LightsOut::write_image(const uint8_t* state, int image, uint8_t* out) const {
    for (int cell = 0; cell < actions(); ++cell) out[image_of_action(cell, image)] = state[cell];
}

int LightsOut::lower_bound(const uint8_t* state) const {
    return (static_cast<int>(std::count(state, state + state_bytes(), 1)) + 4) / 5;
}

// Whether a cell must be pressed is a parity over about half of the board, which no small
// network finds from the lights. Light chasing is how people see it: go down the rows and press
// below every light that is on. What it presses, and the pattern that it leaves in the last
// row, determine the state as the lights do. Each pattern asks for further presses, always the
// same, which turn some of those that were made into presses too many. So for one pattern
// the number of presses that are needed is a linear function of those that were made, and up
// to width 7 every pattern has its own inputs for them: what each asks for is to be learned.
// On wider boards, which have too many patterns for that, presses and lights stand side by side.
constexpr int kPatterned = 7;

int64_t LightsOut::features() const {
    const int64_t n = int64_t{width_} * width_;
    return width_ <= kPatterned ? (int64_t{1} << width_) * (n + 1) : n + width_;
}

int64_t LightsOut::features_on() const {
    return int64_t{width_} * width_ + (width_ <= kPatterned ? 1 : width_);
}

int64_t LightsOut::write_features(const uint8_t* state, int* on) const {
    const size_t n = state_bytes(), width = static_cast<size_t>(width_);
    State left(state, state + n), pressed(n);
    for (size_t i = width; i < n; ++i) {
        if (!left[i - width]) continue;
        pressed[i] = 1;
        apply(left.data(), static_cast<int>(i));
    }
    const bool patterned = width_ <= kPatterned;
    size_t pattern = 0;
    for (size_t i = n - width; patterned && i < n; ++i) pattern = 2 * pattern + left[i];
    const size_t first = pattern * (n + 1);
    int64_t count = 0;
    const auto write = [&](size_t feature) { on[count++] = static_cast<int>(feature); };
    for (size_t i = 0; i < n; ++i)
        if (pressed[i]) write(first + i);
    if (patterned) {
        write(first + n);
        return count;
    }
    for (size_t i = 0; i < width; ++i)
        if (left[n - width + i]) write(n + i);
    return count;
}

int lights_out_width(std::string_view line) {
    size_t count = 0;
    for (const char c : line) count += !separates_numbers(c);
    for (int width = 1; width <= 40; ++width)
        if (count == static_cast<size_t>(width * width)) return width;
    fail("expected the lights of a square of 1 to 40 cells, found {}", count);
}

} // namespace qstar::search
