#pragma once
// Any puzzle that is moved by permutations, as the cubes are.
//
// A state is one number a sticker: position i holds the sticker with the number that stands
// there; solved is 0 1 2 ... A move m takes what is at m[i] to i: new[i] = old[m[i]].
//
// Whether a state can be solved is a question of membership in the group of the moves
// (permutation_group.h), for any table of moves.

#include "search/problem/space.h"
#include "search/puzzles/permutation_group.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct PermutationMove {
    std::string name;
    Permutation from; // new[i] = old[from[i]]
};

// {"U": [20, 3, ...], ...}: for each move what is taken to position 0, 1, ... Moves whose
// inverse has no name get one with a ' behind it. Error naming the file and the move. The name of
// one that comes with the program (moves/moves.h) stands for a file.
std::vector<PermutationMove> read_moves(const std::string& path);

// All products of 1 to `length` moves, each different one once, by its shortest name
// ("U R'"); without the one that changes nothing.
std::vector<PermutationMove> composed(const std::vector<PermutationMove>& moves, int length);

class PermutationPuzzle : public Space {
  public:
    // `relabelings`: ways to number the stickers of a state anew before it is looked at.
    // `symmetries`: of the stickers, the identity first; each makes a move of every move.
    PermutationPuzzle(std::string name, std::vector<PermutationMove> moves,
                      std::vector<Permutation> relabelings = {},
                      std::vector<Permutation> symmetries = {});

    const PermutationGroup& group() const { return group_; }
    const std::vector<PermutationMove>& moves() const { return moves_; }

    std::string name() const override { return name_; }
    size_t state_bytes() const override { return points_; }
    int actions() const override { return static_cast<int>(moves_.size()); }
    void apply(uint8_t* state, int action) const override;
    int inverse(int action) const override { return inverses_[static_cast<size_t>(action)]; }
    std::string action_name(const uint8_t* state, int action) const override;
    State goal() const override { return identity(points_); }
    bool solved(const uint8_t* state) const override;
    State random_state(Random& random) const override; // uniform
    State read(std::string_view line) const override;
    std::string text(const uint8_t* state) const override;

    // An action moves only so many stickers.
    int lower_bound(const uint8_t* state) const override;
    std::string lower_bound_name() const override { return "misplaced"; }

    // Where all actions are odd permutations, as quarter turns are, that of the state.
    int distance_parity(const uint8_t* state) const override;

    // The puzzle held otherwise, or seen in a mirror: position and sticker are renamed alike.
    int images() const override { return static_cast<int>(symmetries_.size()); }
    void write_image(const uint8_t* state, int image, uint8_t* out) const override;
    int image_of_action(int action, int image) const override;
    int canonical_image(const uint8_t* state) const override;
    bool write_inverse(const uint8_t* state, uint8_t* out) const override;

    // For each sticker of the group's base, which determine the others, where it is.
    int64_t features() const override { return features_; }
    int64_t features_on() const override { return static_cast<int64_t>(points_); }
    int64_t write_features(const uint8_t* state, int* on) const override;

  private:
    std::string name_;
    std::vector<PermutationMove> moves_;
    std::vector<Permutation> relabelings_;
    std::vector<Permutation> symmetries_, undone_; // and their inverses
    std::map<std::string, int> number_;            // of each move, by its table
    size_t points_;
    PermutationGroup group_;
    std::vector<int> inverses_;
    int most_moved_ = 1; // stickers that an action moves, at most
    bool all_odd_ = true;
    // feature_[position * points + sticker]: which feature says that; -1: none
    std::vector<int> feature_;
    int64_t features_ = 0;
};

} // namespace qstar::search
