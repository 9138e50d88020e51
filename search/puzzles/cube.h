#pragma once
// The cube, 2x2x2 and 3x3x3, by quarter turns; and any other puzzle that is moved by
// permutations.
//
// A state is one number a sticker: position i holds the sticker with the number that stands
// there; solved is 0 1 2 ... A move m takes what is at m[i] to i: new[i] = old[m[i]].
//
// Numbering. The faces come in the order U D L R B F, each row by row as one sees it from
// outside: L, R, B and F with U above, U with B above, D with F above. So on the 3x3x3
// U is 0..8, D 9..17, L 18..26, R 27..35, B 36..44, F 45..53, on the 2x2x2 U is 0..3, ...,
// F 20..23. U is the quarter turn of that face clockwise as seen from outside, U' the other way.
// The tables are made from this geometry; the README of this floor prints them.
//
// 3x3x3: U U' D D' L L' R R' B B' F F', centres stay. 2x2x2: U U' R R' F F', which leave the
// corner of D, B and L where it is; a turn of D is one of U and of the whole cube. A 2x2x2 is
// read however it is held: its stickers are numbered anew so that this corner is
// at home, which changes no move; solved is one colour a face.
//
// Whether a state can be solved is a question of membership in the group of the moves
// (permutation_group.h), for any table of moves.

#include "search/problem/space.h"
#include "search/puzzles/permutation_group.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct PermutationMove {
    std::string name;
    Permutation from; // new[i] = old[from[i]]
};

std::vector<PermutationMove> quarter_turns(int size); // 2 or 3
std::vector<Permutation> whole_turns(int size);       // the 24 ways to hold the cube, as moves

// The stickers of each corner, that of U or D first, then clockwise.
std::vector<std::array<uint8_t, 3>> corners(int size);

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
    PermutationPuzzle(std::string name, std::vector<PermutationMove> moves,
                      std::vector<Permutation> relabelings = {});

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

    // For each sticker of the group's base, which determine the others, where it is.
    int64_t features() const override { return features_; }
    int64_t features_on() const override { return static_cast<int64_t>(points_); }
    int64_t write_features(const uint8_t* state, int* on) const override;

  private:
    std::string name_;
    std::vector<PermutationMove> moves_;
    std::vector<Permutation> relabelings_;
    size_t points_;
    PermutationGroup group_;
    std::vector<int> inverses_;
    int most_moved_ = 1; // stickers that an action moves, at most
    bool all_odd_ = true;
    // feature_[position * points + sticker]: which feature says that; -1: none
    std::vector<int> feature_;
    int64_t features_ = 0;
};

// The cube of size 2 or 3 with all products of up to `compose` quarter turns as actions.
PermutationPuzzle make_cube(int size, int compose = 1);

} // namespace qstar::search
