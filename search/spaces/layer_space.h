#pragma once
// A puzzle layer by layer: the search space of wide beams, 2^16 states and more.
//
// Where PuzzleSpace keeps every state that was made, this one keeps the states of one beam. Of
// all others only 64-bit hashes are known, and only as long as they matter: a state that stands in
// this layer already, in the last beam or in the one before it is dropped. Of the past there is
// left, six bytes a state of each beam, from which state and by which action it was made; that
// gives the path.
//
// With a Q-function a layer costs as many evaluations as the beam has states: it rates the
// children before they exist. With a heuristic every child is made and rated. Of two ways to a
// state in one layer the smaller rating counts, of equal ones the first.
//
// Two states with one hash would be taken for one: with 2^25 states that happens in one search of
// 30,000, and costs it one state.

#include "search/spaces/puzzle_account.h"

#include <cstdint>
#include <string>
#include <vector>

namespace qstar::search {

struct LayerNode {
    float h;
    uint32_t parent; // its place in the beam before
    uint16_t action; // from there
};

class LayerSpace : public PuzzleAccount {
  public:
    using Node = LayerNode;
    static constexpr bool kListed = true, kAnyGoal = false;

    // Asks q where there is one, else the heuristic. Error if the memory does not suffice.
    LayerSpace(const Space& puzzle, Heuristic* heuristic, QFunction* q, const State& start,
               const PuzzleOptions& options);

    // Bytes that a beam takes, without the network and the past.
    static int64_t memory(const Space& puzzle, int64_t width, bool by_q);

    Node root() const { return {0, 0, 0}; }
    void evaluate(std::vector<Node>&) const {} // the start is the only one of its layer
    bool solved() const { return solved_; }
    bool spent() { return PuzzleAccount::spent(result_.nodes); }
    std::string name(const Node& node) const;

    bool settled(const std::vector<Node>& kept) const;
    void layer(const std::vector<Node>& kept, std::vector<Node>& next);
    bool better(const Node& a, const Node& b) const {
        if (a.h != b.h) return a.h < b.h;
        return a.parent != b.parent ? a.parent < b.parent : a.action < b.action;
    }
    void chosen(const std::vector<Node>& kept);

    PuzzleResult finish(); // to the goal, if it was made, else to the best state of all beams

  private:
    // What was made from the beam, by parent and action.
    struct Child {
        uint64_t hash;
        bool is_legal, is_goal;
    };
    // How the states of a beam were made from those of the one before.
    struct Step {
        std::vector<uint32_t> parent;
        std::vector<uint16_t> action;
    };

    void take_over(const std::vector<Node>& kept);
    void rate(std::vector<Node>& next);
    size_t slot_of(uint64_t hash) const;
    void remember(const std::vector<uint64_t>& beam);
    std::vector<int> path(size_t depth, uint32_t place) const;

    std::vector<uint8_t> states_, made_;     // of the beam; of the next one
    std::vector<Step> steps_;                // one a beam after the first
    std::vector<uint64_t> hashes_, earlier_; // of the beam and of the one before
    std::vector<uint64_t> keys_;             // hashes of the layer, by open addressing
    std::vector<uint32_t> places_;           // of each: its place in the layer + 1; 0: empty
    std::vector<Child> children_;            // of some states of the beam at once
    std::vector<float> values_;
    bool begun_ = false, solved_ = false;
    int parity_ = -1; // of the lengths of all ways to the goal; -1: unknown
    Node goal_{};
    size_t best_depth_ = 0;   // beams before that of the best state
    uint32_t best_place_ = 0; // and its place
    float best_h_;
};

} // namespace qstar::search
