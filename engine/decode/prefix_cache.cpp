#include "engine/decode/prefix_cache.h"

#include <algorithm>

namespace qstar::engine {

PrefixCache::PrefixCache(Decoder& decoder, int first_slot, int count) : decoder_(decoder) {
    for (int i = count; i-- > 0;) free_slots_.push_back(first_slot + i);
}

void PrefixCache::use(Entry& entry) { used_.splice(used_.begin(), used_, entry.turn); }

void PrefixCache::drop_oldest() {
    const auto oldest = entries_.find(*used_.back());
    decoder_.clear(oldest->second.slot);
    free_slots_.push_back(oldest->second.slot);
    used_.pop_back();
    entries_.erase(oldest);
}

int PrefixCache::begin(std::span<const int> tokens, int slot) {
    // Of all sequences, in the order of a dictionary, one of the two neighbours of
    // `tokens` agrees with it for longest.
    const auto agreement = [&](const Tokens& other) {
        return std::mismatch(tokens.begin(), tokens.end(), other.begin(), other.end()).first -
               tokens.begin();
    };
    auto best = entries_.lower_bound(Tokens(tokens.begin(), tokens.end()));
    if (best != entries_.begin()) {
        const auto before = std::prev(best);
        if (best == entries_.end() || agreement(before->first) > agreement(best->first))
            best = before;
    }
    decoder_.clear(slot);
    if (best == entries_.end()) return 0;
    const auto length = std::min<std::ptrdiff_t>(agreement(best->first), std::ssize(tokens) - 1);
    if (length <= 0) return 0;
    use(best->second);
    decoder_.fork(best->second.slot, slot);
    decoder_.truncate(slot, static_cast<int>(length));
    return static_cast<int>(length);
}

PrefixCache::Entry* PrefixCache::entry_of(std::span<const int> tokens, int slot) {
    Tokens key(tokens.begin(), tokens.end());
    if (const auto known = entries_.find(key); known != entries_.end()) {
        use(known->second);
        return &known->second;
    }
    if (free_slots_.empty() && !used_.empty()) drop_oldest();
    if (free_slots_.empty()) return nullptr;
    const auto at = entries_.emplace(std::move(key), Entry{free_slots_.back(), {}, {}}).first;
    free_slots_.pop_back();
    at->second.turn = used_.insert(used_.begin(), &at->first);
    decoder_.fork(slot, at->second.slot);
    return &at->second;
}

void PrefixCache::keep(std::span<const int> tokens, int slot) { entry_of(tokens, slot); }

void PrefixCache::keep(std::span<const int> tokens, int slot, float value, int head) {
    if (Entry* const entry = entry_of(tokens, slot)) entry->values[head] = value;
}

std::optional<float> PrefixCache::value(std::span<const int> tokens, int head) {
    const auto at = entries_.find(Tokens(tokens.begin(), tokens.end()));
    if (at == entries_.end()) return {};
    use(at->second);
    const auto known = at->second.values.find(head);
    return known == at->second.values.end() ? std::nullopt : std::optional(known->second);
}

void PrefixCache::make_room(int64_t pages) {
    while (decoder_.free_pages() < pages && !used_.empty()) drop_oldest();
}

} // namespace qstar::engine
