#include "search/puzzles/cube.h"

#include "engine/base/error.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace qstar::search {

namespace {

using Vector = std::array<int, 3>; // x to the right, y up, z towards the one who looks at F

Vector operator*(int a, const Vector& v) { return {a * v[0], a * v[1], a * v[2]}; }
Vector operator+(const Vector& a, const Vector& b) {
    return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}
int dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vector cross(const Vector& a, const Vector& b) {
    return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
// A quarter turn about the axis n, clockwise as seen from its tip.
Vector turned(const Vector& v, const Vector& n) { return dot(v, n) * n + cross(v, n); }

struct Face {
    char name;
    Vector out, right, down; // as seen from outside
};
constexpr Face kFaces[] = {
    {'U', {0, 1, 0}, {1, 0, 0}, {0, 0, 1}},    {'D', {0, -1, 0}, {1, 0, 0}, {0, 0, -1}},
    {'L', {-1, 0, 0}, {0, 0, 1}, {0, -1, 0}},  {'R', {1, 0, 0}, {0, 0, -1}, {0, -1, 0}},
    {'B', {0, 0, -1}, {-1, 0, 0}, {0, -1, 0}}, {'F', {0, 0, 1}, {1, 0, 0}, {0, -1, 0}},
};

struct Sticker {
    Vector place; // of its little cube, in steps of 2 about the centre
    Vector out;
    auto operator<=>(const Sticker&) const = default;
};

std::vector<Sticker> stickers(int size) {
    std::vector<Sticker> all;
    const int edge = size - 1;
    for (const Face& face : kFaces)
        for (int row = 0; row < size; ++row)
            for (int column = 0; column < size; ++column)
                all.push_back({edge * face.out + (2 * column - edge) * face.right +
                                   (2 * row - edge) * face.down,
                               face.out});
    return all;
}

// What takes each sticker to where `place_of` says, as a move's table.
template <class PlaceOf>
Permutation moved(int size, const PlaceOf& place_of) {
    const std::vector<Sticker> all = stickers(size);
    std::map<Sticker, uint8_t> number;
    for (size_t i = 0; i < all.size(); ++i) number[all[i]] = static_cast<uint8_t>(i);
    Permutation from(all.size());
    for (size_t i = 0; i < all.size(); ++i)
        from[number.at(place_of(all[i]))] = static_cast<uint8_t>(i);
    return from;
}

// The turn about `axis` of the layers that `moves` chooses.
template <class Moves>
Permutation turn(int size, const Vector& axis, const Moves& moves) {
    return moved(size, [&](const Sticker& sticker) {
        if (!moves(dot(sticker.place, axis))) return sticker;
        return Sticker{turned(sticker.place, axis), turned(sticker.out, axis)};
    });
}

} // namespace

std::vector<PermutationMove> quarter_turns(int size) {
    if (size != 2 && size != 3) fail("a cube must have the size 2 or 3, found {}", size);
    std::vector<PermutationMove> moves;
    for (const Face& face : kFaces) {
        if (size == 2 && face.name != 'U' && face.name != 'R' && face.name != 'F') continue;
        const Permutation from = turn(size, face.out, [&](int layer) { return layer == size - 1; });
        moves.push_back({std::string(1, face.name), from});
        moves.push_back({std::string(1, face.name) + "'", inverse(from)});
    }
    return moves;
}

std::vector<Permutation> whole_turns(int size) {
    const auto all = [](int) { return true; };
    const std::vector<Permutation> by{turn(size, kFaces[0].out, all),
                                      turn(size, kFaces[3].out, all)};
    std::vector<Permutation> found{identity(by[0].size())};
    for (size_t i = 0; i < found.size(); ++i)
        for (const Permutation& p : by) {
            const Permutation next = compose(found[i], p);
            if (std::find(found.begin(), found.end(), next) == found.end()) found.push_back(next);
        }
    return found;
}

std::vector<Permutation> symmetries(int size) {
    const auto mirrored = [](const Vector& v) { return Vector{-v[0], v[1], v[2]}; };
    const Permutation mirror = moved(size, [&](const Sticker& sticker) {
        return Sticker{mirrored(sticker.place), mirrored(sticker.out)};
    });
    std::set<Permutation> moves;
    for (const PermutationMove& move : quarter_turns(size)) moves.insert(move.from);
    std::vector<Permutation> found;
    const auto add = [&](const Permutation& of) {
        const bool keeps_moves = std::all_of(moves.begin(), moves.end(), [&](const auto& move) {
            return moves.contains(compose(compose(of, move), inverse(of)));
        });
        if (keeps_moves) found.push_back(of);
    };
    const std::vector<Permutation> turns = whole_turns(size);
    for (const Permutation& of : turns) add(of);
    for (const Permutation& of : turns) add(compose(of, mirror));
    return found;
}

std::vector<std::array<uint8_t, 3>> corners(int size) {
    const std::vector<Sticker> all = stickers(size);
    std::vector<std::array<uint8_t, 3>> found;
    for (size_t a = 0; a < all.size(); ++a) {
        if (all[a].out[1] == 0) continue; // not on U or D
        for (size_t b = 0; b < all.size(); ++b)
            for (size_t c = 0; c < all.size(); ++c)
                if (all[b].place == all[a].place && all[c].place == all[a].place &&
                    cross(all[b].out, all[a].out) == all[c].out)
                    found.push_back({static_cast<uint8_t>(a), static_cast<uint8_t>(b),
                                     static_cast<uint8_t>(c)});
    }
    return found;
}

PermutationPuzzle make_cube(int size, int compose) {
    const std::string name = fmt::format("cube {0}x{0}x{0}", size);
    return {name, composed(quarter_turns(size), compose),
            size == 2 ? whole_turns(size) : std::vector<Permutation>{}, symmetries(size)};
}

} // namespace qstar::search
