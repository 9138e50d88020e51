#pragma once
// The key/value cache of many sequences, in pages that they can share.
//
// A page holds kPagePositions positions of one sequence for all layers, and a sequence
// is a list of pages ("PagedAttention", Kwon et al., "Efficient Memory Management for
// Large Language Model Serving with PagedAttention", SOSP 2023). fork() copies the list
// and counts the users of each page, no numbers. A page with one user is written in
// place; a sequence that is about to write into a shared one, which can only be its
// last, not yet full page, gets a copy of that page first.
//
// All memory is taken when the cache is made, on its device; the system gives the
// processor's page by page as it is touched. Nothing is allocated afterwards. Not
// synchronised, but keys and values of different slots may be read and written from different
// threads once extend() has made room.

#include "engine/device/device.h"
#include "engine/kernels/kernels.h"
#include "engine/nn/gpt.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace qstar::engine {

class KvCache {
  public:
    // pages 0: enough for all slots to be full and share nothing.
    KvCache(const GptConfig& config, int slots, int64_t pages, const Device& device);

    void clear(int slot);
    void fork(int from, int to);         // `to` becomes what `from` is; O(pages), no copy
    void truncate(int slot, int length); // forgets the positions from `length` on

    // More positions for some slots (no slot twice). Error, with nothing changed, if
    // the pages do not suffice.
    struct Growth {
        int slot = 0;
        int64_t positions = 0;
    };
    void extend(std::span<const Growth> growths);
    int64_t pages_needed(std::span<const Growth> growths); // by such an extend()

    int length(int slot) const { return table(slot).length; }
    int slots() const { return static_cast<int>(tables_.size()); }
    int64_t pages() const { return static_cast<int64_t>(users_.size()); }
    int64_t free_pages() const { return static_cast<int64_t>(free_.size()); }
    static int64_t pages_of(int64_t positions) {
        return (positions + kPagePositions - 1) / kPagePositions;
    }

    // The pages of a slot, in order. In each, the keys of a layer lie at keys(layer) as
    // (their heads, head size, kPagePositions), so that a row of scores is contiguous, and its
    // values at values(layer) as (heads, kPagePositions, head size).
    float* const* pages(int slot) const { return table(slot).pages.data(); }
    std::span<float* const> page_list(int slot) const { return table(slot).pages; }
    int number(const float* page) const {
        return static_cast<int>((page - memory_.get()) / page_size_);
    }
    float* memory() const { return memory_.get(); }
    int64_t page_size() const { return page_size_; } // numbers
    // What the last norm gave after a position, the (width) numbers that heads read, kept once
    // keep_states() was called, on the processor alone. A decoder that computes a position's state
    // says so by knows_state().
    void keep_states(int64_t width);
    bool keeps_states() const { return state_width_ > 0; }
    float* state(int slot, int position) const;
    void knows_state(int slot, int position);
    bool has_state(int slot, int position) const;

    int64_t keys(int64_t layer) const { return layer * 2 * width_ * kPagePositions; }
    int64_t values(int64_t layer) const { return keys(layer) + width_ * kPagePositions; }

  private:
    struct Table {
        int length = 0;
        std::vector<float*> pages; // never more than a context's
    };
    const Table& table(int slot) const { return tables_[static_cast<size_t>(slot)]; }
    size_t index(const float* page) const { return static_cast<size_t>(number(page)); }
    size_t page_of(int slot, int position) const {
        return index(table(slot).pages[static_cast<size_t>(position / kPagePositions)]);
    }
    void forget_states(const Table& table, int from);
    void copy_states(size_t from, size_t to);
    float* take_page();
    void release(float* page);
    bool shares_last(const Table& table) const; // a page that it would have to copy

    const Device& device_;
    int64_t width_;     // of a position's keys, and of its values
    int64_t page_size_; // numbers
    std::shared_ptr<float> memory_;
    std::vector<int> users_;   // of each page
    std::vector<float*> free_; // taken from the back: the one used last is in the caches
    std::vector<Table> tables_;
    int64_t state_width_ = 0;
    std::shared_ptr<float> states_;    // (pages, kPagePositions, state width)
    std::vector<uint16_t> has_states_; // of each page, a bit a position
    std::vector<int> copied_, copies_; // scratch of extend(): pages and what becomes of them
};

} // namespace qstar::engine
