#include "search/spaces/node_table.h"

#include "engine/base/error.h"
#include "engine/base/random.h"

#include <algorithm>
#include <cstring>

namespace qstar::search {

uint64_t state_hash(const uint8_t* state, size_t bytes) {
    uint64_t value = bytes;
    for (size_t at = 0; at < bytes; at += 8) {
        uint64_t word = 0;
        std::memcpy(&word, state + at, std::min<size_t>(8, bytes - at));
        value = derive_stream(value, word);
    }
    return value;
}

NodeTable::NodeTable(size_t state_bytes) : state_bytes_(state_bytes), slots_(1024) {}

size_t NodeTable::slot_of(const uint8_t* wanted) const {
    const size_t mask = slots_.size() - 1;
    size_t slot = static_cast<size_t>(state_hash(wanted, state_bytes_)) & mask;
    while (slots_[slot] != 0 && std::memcmp(state(slots_[slot] - 1), wanted, state_bytes_) != 0)
        slot = (slot + 1) & mask; // linear probing
    return slot;
}

std::pair<uint32_t, bool> NodeTable::insert(const uint8_t* wanted) {
    size_t slot = slot_of(wanted);
    if (slots_[slot] != 0) return {slots_[slot] - 1, false};
    if (size_ >= UINT32_MAX - 1) fail("a search holds 4 billion nodes at most");
    const auto id = static_cast<uint32_t>(size_++);
    if ((id & kMask) == 0) {
        states_.push_back(std::make_unique<uint8_t[]>((size_t{kMask} + 1) * state_bytes_));
        nodes_.push_back(std::make_unique<PuzzleNode[]>(size_t{kMask} + 1));
    }
    std::copy_n(wanted, state_bytes_, states_.back().get() + (id & kMask) * state_bytes_);
    slots_[slot] = id + 1;
    if (size_ * 4 > slots_.size() * 3) grow();
    return {id, true};
}

void NodeTable::grow() {
    slots_.assign(slots_.size() * 2, 0);
    for (uint32_t id = 0; id < size_; ++id) slots_[slot_of(state(id))] = id + 1;
}

size_t NodeTable::bytes() const {
    return states_.size() * (size_t{kMask} + 1) * (state_bytes_ + sizeof(PuzzleNode)) +
           slots_.size() * sizeof(uint32_t);
}

std::vector<int> NodeTable::path(uint32_t id) {
    std::vector<int> actions;
    for (; (*this)[id].parent != id; id = (*this)[id].parent) actions.push_back((*this)[id].action);
    std::reverse(actions.begin(), actions.end());
    return actions;
}

} // namespace qstar::search
