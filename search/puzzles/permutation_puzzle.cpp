#include "search/puzzles/permutation_puzzle.h"

#include "engine/base/error.h"
#include "engine/text/json_parse.h"
#include "engine/text/jsonl.h"
#include "search/puzzles/moves/moves.h"

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qstar::search {

namespace {

std::string key(const Permutation& p) { return {p.begin(), p.end()}; }

void add_inverses(std::vector<PermutationMove>& moves) {
    const size_t given = moves.size();
    for (size_t i = 0; i < given; ++i) {
        const Permutation back = inverse(moves[i].from);
        if (std::none_of(moves.begin(), moves.end(),
                         [&](const PermutationMove& other) { return other.from == back; }))
            moves.push_back({moves[i].name + "'", back});
    }
}

} // namespace

std::vector<PermutationMove> read_moves(const std::string& path) {
    const std::string_view known = built_in_moves(path);
    const JsonLine file = known.empty() ? read_json(path) : JsonLine{parse_json(known, path), path};
    if (!file.value.is_object() || file.value.empty())
        fail("{}: expected an object of moves, each a list of numbers, found {}", path,
             file.value.type_name());
    std::vector<PermutationMove> moves;
    for (const auto& [name, table] : file.value.items()) {
        if (!table.is_array() || table.empty() || table.size() > 255)
            fail("{}: move \"{}\": expected a list of 1 to 255 numbers, found {}", path, name,
                 table.is_array() ? std::to_string(table.size()) : table.type_name());
        PermutationMove move{name, {}};
        for (const Json& number : table) {
            const bool fits = number.is_number_unsigned() &&
                              number.get<uint64_t>() < static_cast<uint64_t>(table.size());
            if (!fits)
                fail("{}: move \"{}\": expected numbers from 0 to {}, found {}", path, name,
                     table.size() - 1, number.dump());
            move.from.push_back(number.get<uint8_t>());
        }
        if (!is_permutation(move.from))
            fail("{}: move \"{}\": expected each number once, found one twice", path, name);
        if (!moves.empty() && moves[0].from.size() != move.from.size())
            fail("{}: move \"{}\": expected {} numbers like the move before, found {}", path, name,
                 moves[0].from.size(), move.from.size());
        if (move.from == identity(move.from.size()))
            fail("{}: move \"{}\" moves nothing", path, name);
        moves.push_back(std::move(move));
    }
    add_inverses(moves);
    return moves;
}

std::vector<PermutationMove> composed(const std::vector<PermutationMove>& moves, int length) {
    if (length < 1 || length > 6) fail("--compose must be within 1 to 6, found {}", length);
    std::vector<PermutationMove> all;
    std::set<std::string> seen{key(identity(moves.at(0).from.size()))};
    const auto add = [&](PermutationMove move) {
        if (!seen.insert(key(move.from)).second) return;
        all.push_back(std::move(move));
        if (all.size() > 60000)
            fail("--compose {} makes more than 60000 actions of {} moves", length, moves.size());
    };
    for (const PermutationMove& move : moves) add(move);
    size_t begin = 0;
    for (int i = 1; i < length; ++i) {
        const size_t end = all.size();
        for (size_t word = begin; word < end; ++word)
            for (const PermutationMove& move : moves)
                add({all[word].name + " " + move.name, compose(all[word].from, move.from)});
        begin = end;
    }
    return all;
}

PermutationPuzzle::PermutationPuzzle(std::string name, std::vector<PermutationMove> moves,
                                     std::vector<Permutation> relabelings,
                                     std::vector<Permutation> symmetries)
    : name_(std::move(name)), moves_(std::move(moves)), relabelings_(std::move(relabelings)),
      symmetries_(std::move(symmetries)), points_(moves_.at(0).from.size()), group_(points_, [&] {
          std::vector<Permutation> generators;
          for (const PermutationMove& move : moves_) generators.push_back(move.from);
          return generators;
      }()) {
    if (relabelings_.empty()) relabelings_.push_back(identity(points_));
    if (symmetries_.empty()) symmetries_.push_back(identity(points_));
    for (const Permutation& of : symmetries_) undone_.push_back(search::inverse(of));
    for (size_t i = 0; i < moves_.size(); ++i) {
        number_[key(moves_[i].from)] = static_cast<int>(i);
        int moved = 0;
        for (size_t at = 0; at < points_; ++at) moved += moves_[i].from[at] != at;
        most_moved_ = std::max(most_moved_, moved);
        all_odd_ = all_odd_ && is_odd(moves_[i].from.data(), points_);
    }
    for (const PermutationMove& move : moves_)
        inverses_.push_back(number_.at(key(search::inverse(move.from))));
    feature_.assign(points_ * points_, -1);
    for (const uint8_t sticker : group_.base())
        for (const uint8_t place : group_.orbit(sticker))
            feature_[place * points_ + sticker] = static_cast<int>(features_++);
}

void PermutationPuzzle::apply(uint8_t* state, int action) const {
    uint8_t before[255];
    std::copy_n(state, points_, before);
    const Permutation& from = moves_[static_cast<size_t>(action)].from;
    for (size_t i = 0; i < points_; ++i) state[i] = before[from[i]];
}

std::string PermutationPuzzle::action_name(const uint8_t* /*state*/, int action) const {
    return moves_[static_cast<size_t>(action)].name;
}

bool PermutationPuzzle::solved(const uint8_t* state) const {
    for (size_t i = 0; i < points_; ++i)
        if (state[i] != i) return false;
    return true;
}

State PermutationPuzzle::random_state(Random& random) const {
    return group_.random_element(random);
}

State PermutationPuzzle::read(std::string_view line) const {
    const std::vector<int> numbers = read_numbers(line, points_, static_cast<int>(points_));
    State state;
    std::vector<bool> seen(points_);
    for (const int sticker : numbers) {
        if (seen[static_cast<size_t>(sticker)])
            fail("expected each of 0 to {} once, found {} twice", points_ - 1, sticker);
        seen[static_cast<size_t>(sticker)] = true;
        state.push_back(static_cast<uint8_t>(sticker));
    }
    for (const Permutation& relabeling : relabelings_) {
        State held = compose(relabeling, state);
        if (group_.contains(held)) return held;
    }
    if (relabelings_.size() == 1) {
        for (uint8_t i = 0; i < points_; ++i) {
            const std::vector<uint8_t> orbit = group_.orbit(i);
            if (!std::binary_search(orbit.begin(), orbit.end(), state[i]))
                fail("expected a state that moves can reach, found sticker {} at position {}, "
                     "where no move brings it",
                     state[i], i);
        }
    }
    fail("expected a state that moves can reach, found one that they cannot (a piece is twisted "
         "or flipped or torn apart, or two are exchanged)");
}

std::string PermutationPuzzle::text(const uint8_t* state) const {
    return numbers_text(state, points_);
}

int PermutationPuzzle::lower_bound(const uint8_t* state) const {
    int misplaced = 0;
    for (size_t i = 0; i < points_; ++i) misplaced += state[i] != i;
    return (misplaced + most_moved_ - 1) / most_moved_;
}

int PermutationPuzzle::distance_parity(const uint8_t* state) const {
    return all_odd_ ? is_odd(state, points_) : -1;
}

void PermutationPuzzle::write_image(const uint8_t* state, int image, uint8_t* out) const {
    const Permutation& of = symmetries_[static_cast<size_t>(image)];
    for (size_t i = 0; i < points_; ++i) out[of[i]] = of[state[i]];
}

int PermutationPuzzle::image_of_action(int action, int image) const {
    Permutation of(points_);
    write_image(moves_[static_cast<size_t>(action)].from.data(), image, of.data());
    return number_.at(key(of));
}

int PermutationPuzzle::canonical_image(const uint8_t* state) const {
    // The images are compared as they are made, sticker by sticker; most end at the first ones.
    const auto at = [&](size_t image, size_t i) {
        return symmetries_[image][state[undone_[image][i]]];
    };
    size_t best = 0;
    for (size_t image = 1; image < symmetries_.size(); ++image) {
        size_t i = 0;
        while (i < points_ && at(image, i) == at(best, i)) ++i;
        if (i < points_ && at(image, i) < at(best, i)) best = image;
    }
    return static_cast<int>(best);
}

bool PermutationPuzzle::write_inverse(const uint8_t* state, uint8_t* out) const {
    for (size_t i = 0; i < points_; ++i) out[state[i]] = static_cast<uint8_t>(i);
    return true;
}

int64_t PermutationPuzzle::write_features(const uint8_t* state, int* on) const {
    int64_t count = 0;
    for (size_t i = 0; i < points_; ++i) {
        const int feature = feature_[i * points_ + state[i]];
        if (feature >= 0) on[count++] = feature;
    }
    return count;
}

} // namespace qstar::search
