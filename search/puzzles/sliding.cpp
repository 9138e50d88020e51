#include "search/puzzles/sliding.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fmt/core.h>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

namespace {

// "_" for the blank is 0, and 4 or 9 digits in one piece are as many tiles.
std::string plain_tiles(std::string_view line) {
    std::string out;
    size_t pieces = 0;
    for (size_t at = 0; at < line.size(); ++at) {
        const bool begins = at == 0 || separates_numbers(line[at - 1]);
        const bool ends = at + 1 == line.size() || separates_numbers(line[at + 1]);
        pieces += begins && !separates_numbers(line[at]);
        out += separates_numbers(line[at])         ? ' '
               : line[at] == '_' && begins && ends ? '0'
                                                   : line[at];
    }
    const size_t first = out.find_first_not_of(' ');
    if (pieces != 1) return out;
    const std::string piece = out.substr(first, out.find_last_not_of(' ') + 1 - first);
    if ((piece.size() != 4 && piece.size() != 9) ||
        piece.find_first_not_of("012345678") != std::string::npos)
        return out;
    out.clear();
    for (const char c : piece) out += {c, ' '};
    return out;
}

} // namespace

Sliding::Sliding(int width, bool blank_first) : width_(width), blank_first_(blank_first) {
    if (width < 2 || width > 5) fail("a sliding puzzle must be 2 to 5 tiles wide, found {}", width);
}

std::string Sliding::name() const { return fmt::format("sliding {}x{}", width_, width_); }

int Sliding::blank(const uint8_t* state) const {
    return static_cast<int>(static_cast<const uint8_t*>(std::memchr(state, 0, state_bytes())) -
                            state);
}

bool Sliding::legal(const uint8_t* state, int action) const {
    const int at = blank(state);
    switch (action) {
    case 0:
        return at >= width_;
    case 1:
        return at < width_ * (width_ - 1);
    case 2:
        return at % width_ > 0;
    default:
        return at % width_ < width_ - 1;
    }
}

void Sliding::apply(uint8_t* state, int action) const {
    const int at = blank(state);
    const int by[] = {-width_, width_, -1, 1};
    std::swap(state[at], state[at + by[action]]);
}

std::string Sliding::action_name(const uint8_t* state, int action) const {
    const int by[] = {-width_, width_, -1, 1};
    const int tile = state[blank(state) + by[action]];
    return std::to_string(blank_first_ ? width_ * width_ - tile : tile);
}

State Sliding::goal() const {
    State state(state_bytes());
    std::iota(state.begin(), state.end(), uint8_t{1});
    state.back() = 0;
    return state;
}

bool Sliding::solved(const uint8_t* state) const {
    for (size_t i = 0; i + 1 < state_bytes(); ++i)
        if (state[i] != i + 1) return false;
    return true;
}

bool Sliding::solvable(const uint8_t* state) const {
    // The parity of the permutation to the goal, by the lengths of its cycles.
    const size_t n = state_bytes();
    std::vector<bool> seen(n);
    bool odd = false;
    for (size_t i = 0; i < n; ++i) {
        if (seen[i]) continue;
        odd = !odd;
        for (size_t at = i; !seen[at]; at = state[at] == 0 ? n - 1 : state[at] - size_t{1}) {
            seen[at] = true;
            odd = !odd;
        }
    }
    return odd == (distance_parity(state) == 1);
}

int Sliding::distance_parity(const uint8_t* state) const {
    const int at = blank(state);
    return (2 * (width_ - 1) - at / width_ - at % width_) % 2;
}

void Sliding::write_image(const uint8_t* state, int image, uint8_t* out) const {
    const auto turned = [&](int place) {
        return image == 0 ? place : place % width_ * width_ + place / width_;
    };
    for (int place = 0; place < width_ * width_; ++place) {
        const int tile = state[place];
        out[turned(place)] = static_cast<uint8_t>(tile == 0 ? 0 : turned(tile - 1) + 1);
    }
}

State Sliding::random_state(Random& random) const {
    State state = goal();
    for (size_t i = state.size(); i > 1; --i)
        std::swap(state[i - 1], state[static_cast<size_t>(random.below(i))]);
    if (!solvable(state.data())) {
        // Two tiles change places: the other half, each state from exactly one.
        const auto first = std::find(state.begin(), state.end(), 1);
        const auto second = std::find(state.begin(), state.end(), 2);
        std::iter_swap(first, second);
    }
    return state;
}

State Sliding::read(std::string_view line) const {
    const std::vector<int> numbers =
        read_numbers(plain_tiles(line), state_bytes(), width_ * width_);
    State state;
    std::vector<bool> seen(numbers.size());
    for (const int tile : numbers) {
        if (seen[static_cast<size_t>(tile)])
            fail("expected each of 0 to {} once, found {} twice", numbers.size() - 1, tile);
        seen[static_cast<size_t>(tile)] = true;
        state.push_back(static_cast<uint8_t>(tile));
    }
    if (blank_first_) state = half_turned(state.data());
    if (!solvable(state.data()))
        fail("expected a state that slides can solve, found one of the other parity (two tiles "
             "are exchanged)");
    return state;
}

std::string Sliding::text(const uint8_t* state) const {
    return numbers_text(blank_first_ ? half_turned(state).data() : state, state_bytes());
}

// Between the two goals, in either direction.
State Sliding::half_turned(const uint8_t* state) const {
    const size_t n = state_bytes();
    State turned(n);
    for (size_t i = 0; i < n; ++i)
        turned[n - 1 - i] = static_cast<uint8_t>(state[i] == 0 ? 0 : n - state[i]);
    return turned;
}

int Sliding::lower_bound(const uint8_t* state) const {
    int sum = 0;
    for (int at = 0; at < width_ * width_; ++at) {
        if (state[at] == 0) continue;
        const int home = state[at] - 1;
        sum += std::abs(at / width_ - home / width_) + std::abs(at % width_ - home % width_);
    }
    return sum;
}

int64_t Sliding::write_features(const uint8_t* state, int* on) const {
    const int n = width_ * width_;
    for (int at = 0; at < n; ++at) on[at] = at * n + state[at];
    return n;
}

int sliding_width(std::string_view line) {
    size_t count = 0;
    bool inside = false;
    for (const char c : plain_tiles(line)) {
        const bool separates = separates_numbers(c);
        count += !separates && !inside;
        inside = !separates;
    }
    for (int width = 2; width <= 5; ++width)
        if (count == static_cast<size_t>(width * width)) return width;
    fail("expected 4, 9, 16 or 25 numbers, found {}", count);
}

} // namespace qstar::search
