#pragma once
// The nodes of a search over a space: each state once, found by a hash table,
// one behind another in blocks that never move.
//
// A node takes the bytes of its state, 16 of its own and 8 to 16 in the table
// (half to three quarters full): 10 million nodes of the 15-puzzle are less
// than half a gigabyte.

#include "search/problem/space.h"

#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace qstar::search {

struct PuzzleNode {
    uint32_t parent = 0; // the start is its own
    uint16_t action = 0; // from the parent
    uint16_t g = 0;      // actions from the start, by the best way known
    float h = 0;
    bool closed = false; // expanded with this g
};

// The same number for the same state, whatever the machine.
uint64_t state_hash(const uint8_t* state, size_t bytes);

class NodeTable {
  public:
    explicit NodeTable(size_t state_bytes);

    // The number of a state's node, and whether it was made just now. Error
    // beyond 4 billion.
    std::pair<uint32_t, bool> insert(const uint8_t* state);
    bool contains(const uint8_t* state) const { return slots_[slot_of(state)] != 0; }
    PuzzleNode& operator[](uint32_t id) { return nodes_[id >> kBits][id & kMask]; }
    const uint8_t* state(uint32_t id) const {
        return states_[id >> kBits].get() + (id & kMask) * state_bytes_;
    }
    size_t size() const { return size_; }
    size_t bytes() const;               // of memory, in all
    std::vector<int> path(uint32_t id); // the actions from the start

  private:
    static constexpr uint32_t kBits = 14, kMask = (1u << kBits) - 1;
    size_t slot_of(const uint8_t* state) const; // where it is, or would be
    void grow();

    size_t state_bytes_, size_ = 0;
    std::vector<std::unique_ptr<uint8_t[]>> states_;
    std::vector<std::unique_ptr<PuzzleNode[]>> nodes_;
    std::vector<uint32_t> slots_; // number + 1; 0: empty
};

} // namespace qstar::search
