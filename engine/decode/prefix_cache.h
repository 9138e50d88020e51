#pragma once
// Sequences that were evaluated, kept for those that begin in the same way.
//
// A search asks again and again for texts that continue ones which it has seen. Their
// keys and values need not be computed twice (RadixAttention, Zheng et al., "SGLang:
// Efficient Execution of Structured Language Model Programs", 2023). A kept sequence is
// a slot of the decoder that nobody feeds; it shares its pages with the sequences that
// it was forked from and that are forked from it. Memory is bounded: kept sequences
// have only the slots set aside for them and the pages that the decoder has free, and
// the one used longest ago goes first. What is found here changes no number, since a
// row's bytes do not depend on how its sequence was fed (decoder.h).

#include "engine/decode/decoder.h"

#include <list>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace qstar::engine {

class PrefixCache {
  public:
    // Keeps at most `count` sequences, in the slots [first_slot, first_slot + count) of
    // the decoder, which must outlive it.
    PrefixCache(Decoder& decoder, int first_slot, int count);

    PrefixCache(PrefixCache&&) = default; // used_ points into entries_: no copies

    // `slot` becomes the longest beginning of `tokens` that is kept, without the last
    // token at least: one is left to be fed. Returns its length.
    int begin(std::span<const int> tokens, int slot);

    // Keeps `tokens`, which are what `slot` holds.
    void keep(std::span<const int> tokens, int slot);
    // The same with what the scalar head of this number said, which value() gives back.
    void keep(std::span<const int> tokens, int slot, float value, int head = 0);
    std::optional<float> value(std::span<const int> tokens, int head = 0); // of exactly these

    // Lets go of sequences until so many pages are free, or none is left.
    void make_room(int64_t pages);
    size_t size() const { return entries_.size(); }

  private:
    using Tokens = std::vector<int>;
    struct Entry {
        int slot = 0;
        std::map<int, float> values;             // by head
        std::list<const Tokens*>::iterator turn; // in used_
    };
    void use(Entry& entry);                                 // it is the one used last
    Entry* entry_of(std::span<const int> tokens, int slot); // null where nothing can be kept
    void drop_oldest();

    Decoder& decoder_;
    std::vector<int> free_slots_;
    std::map<Tokens, Entry> entries_;
    std::list<const Tokens*> used_; // keys of entries_, the one used last in front
};

} // namespace qstar::engine
