#include "engine/decode/kv_cache.h"

#include "engine/base/error.h"

#include <algorithm>
#include <new>

namespace qstar::engine {

KvCache::KvCache(const GptConfig& config, int slots, int64_t pages, const Device& device)
    : device_(device) {
    if (slots < 1) fail("a decoder needs at least one slot, found {}", slots);
    if (pages < 0) fail("a decoder's cache cannot have {} pages", pages);
    width_ = kv_width(config);
    page_size_ = config.layers * 2 * width_ * kPagePositions;
    const int64_t context_pages = pages_of(config.context);
    if (pages == 0) pages = slots * context_pages;

    try {
        if (pages > INT64_MAX / 4 / page_size_) throw std::bad_alloc();
        memory_ = device_.allocate(pages * page_size_);
    } catch (const std::bad_alloc&) {
        fail("no memory for a key/value cache of {} pages of {} KiB", pages, page_size_ * 4 / 1024);
    }
    users_.assign(static_cast<size_t>(pages), 0);
    free_.reserve(users_.size());
    for (int64_t i = pages; i-- > 0;) free_.push_back(memory_.get() + i * page_size_);
    tables_.resize(static_cast<size_t>(slots));
    for (Table& table : tables_) table.pages.reserve(static_cast<size_t>(context_pages));
    copied_.reserve(tables_.size());
    copies_.reserve(tables_.size());
}

float* KvCache::take_page() {
    float* page = free_.back();
    free_.pop_back();
    users_[index(page)] = 1;
    if (keeps_states()) has_states_[index(page)] = 0;
    return page;
}

void KvCache::keep_states(int64_t width) {
    static_assert(kPagePositions <= 16, "a bit of a uint16_t each");
    if (keeps_states()) return;
    states_ = device_.allocate(pages() * kPagePositions * width);
    has_states_.assign(users_.size(), 0);
    state_width_ = width;
}

float* KvCache::state(int slot, int position) const {
    const auto row =
        static_cast<int64_t>(page_of(slot, position)) * kPagePositions + position % kPagePositions;
    return states_.get() + row * state_width_;
}

void KvCache::knows_state(int slot, int position) {
    has_states_[page_of(slot, position)] |= static_cast<uint16_t>(1 << position % kPagePositions);
}

bool KvCache::has_state(int slot, int position) const {
    if (!keeps_states() || position >= length(slot)) return false;
    return (has_states_[page_of(slot, position)] >> position % kPagePositions & 1) != 0;
}

// Of the positions from `from` on in the table's last page, before they are written.
void KvCache::forget_states(const Table& table, int from) {
    if (!keeps_states() || from % kPagePositions == 0) return;
    const auto kept = static_cast<uint16_t>((1 << from % kPagePositions) - 1);
    has_states_[index(table.pages.back())] &= kept;
}

void KvCache::copy_states(size_t from, size_t to) {
    if (!keeps_states()) return;
    has_states_[to] = has_states_[from];
    const int64_t size = kPagePositions * state_width_;
    std::copy_n(states_.get() + static_cast<int64_t>(from) * size, size,
                states_.get() + static_cast<int64_t>(to) * size);
}

void KvCache::release(float* page) {
    if (--users_[index(page)] == 0) free_.push_back(page);
}

void KvCache::truncate(int slot, int length) {
    Table& table = tables_[static_cast<size_t>(slot)];
    if (length >= table.length) return;
    const auto keep = static_cast<size_t>(pages_of(length));
    for (; table.pages.size() > keep; table.pages.pop_back()) release(table.pages.back());
    table.length = length;
}

void KvCache::clear(int slot) { truncate(slot, 0); }

void KvCache::fork(int from, int to) {
    if (from == to) return;
    clear(to);
    const Table& source = table(from);
    Table& copy = tables_[static_cast<size_t>(to)];
    copy.length = source.length;
    copy.pages.assign(source.pages.begin(), source.pages.end());
    for (const float* page : copy.pages) ++users_[index(page)];
}

bool KvCache::shares_last(const Table& table) const {
    return table.length % kPagePositions != 0 && users_[index(table.pages.back())] > 1;
}

int64_t KvCache::pages_needed(std::span<const Growth> growths) {
    // Of n users of a page that all write, n - 1 copy it: users are counted down while
    // the growths are looked at, and up again.
    int64_t needed = 0;
    copied_.clear();
    for (const Growth& growth : growths) {
        const Table& table = tables_[static_cast<size_t>(growth.slot)];
        needed +=
            pages_of(table.length + growth.positions) - static_cast<int64_t>(table.pages.size());
        if (!shares_last(table)) continue;
        ++needed;
        copied_.push_back(number(table.pages.back()));
        --users_[static_cast<size_t>(copied_.back())];
    }
    for (const int page : copied_) ++users_[static_cast<size_t>(page)];
    return needed;
}

void KvCache::extend(std::span<const Growth> growths) {
    const int64_t needed = pages_needed(growths);
    if (needed > free_pages()) {
        fail("the key/value cache has {} pages of {} positions and {} of them free, {} more are "
             "needed",
             pages(), kPagePositions, free_pages(), needed);
    }
    copied_.clear();
    copies_.clear();
    for (const Growth& growth : growths) {
        Table& table = tables_[static_cast<size_t>(growth.slot)];
        if (shares_last(table)) {
            float* page = take_page();
            copied_.push_back(number(table.pages.back()));
            copies_.push_back(number(page));
            copy_states(index(table.pages.back()), index(page));
            release(table.pages.back());
            table.pages.back() = page;
        }
        forget_states(table, table.length);
        table.length += static_cast<int>(growth.positions);
        const auto wanted = static_cast<size_t>(pages_of(table.length));
        while (table.pages.size() < wanted) table.pages.push_back(take_page());
    }
    // A source of copies keeps a user, the one that does not copy: it is not overwritten.
    device_.copy_pages(std::ssize(copies_), copied_.data(), copies_.data(), page_size_,
                       memory_.get(), pages() * page_size_);
}

} // namespace qstar::engine
