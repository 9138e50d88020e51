#include "engine/device/arena.h"

#include <algorithm>
#include <functional>

namespace qstar::engine {

namespace {

constexpr int64_t kLine = 16;                // numbers a cache line
constexpr int64_t kBlock = int64_t{1} << 24; // numbers a block, at least: 64 MiB

int64_t whole_lines(int64_t count) {
    return (std::max<int64_t>(1, count) + kLine - 1) / kLine * kLine;
}

} // namespace

float* Arena::allocate(int64_t count) {
    const int64_t need = whole_lines(count);
    auto range = std::find_if(free_.begin(), free_.end(),
                              [&](const Range& r) { return r.end - r.begin >= need; });
    if (range == free_.end()) {
        const int64_t size = std::max({need, kBlock, blocks_.empty() ? whole_lines(planned_) : 0});
        // One line more than is offered, so that two blocks never touch.
        blocks_.push_back(device_.allocate(size + kLine));
        const Range block{blocks_.back().get(), blocks_.back().get() + size};
        whole_.push_back(block);
        const auto place =
            std::lower_bound(free_.begin(), free_.end(), block, [](const Range& a, const Range& b) {
                return std::less<>()(a.begin, b.begin);
            });
        range = free_.insert(place, block);
    }
    float* piece = range->begin;
    range->begin += need;
    if (range->begin == range->end) free_.erase(range);
    used_ += need;
    peak_ = std::max(peak_, used_);
    return piece;
}

void Arena::release(float* piece, int64_t count) {
    const int64_t size = whole_lines(count);
    used_ -= size;
    const auto next =
        std::lower_bound(free_.begin(), free_.end(), piece,
                         [](const Range& a, const float* p) { return std::less<>()(a.begin, p); });
    const bool joins_next = next != free_.end() && next->begin == piece + size;
    const bool joins_last = next != free_.begin() && std::prev(next)->end == piece;
    if (joins_last && joins_next) {
        std::prev(next)->end = next->end;
        free_.erase(next);
    } else if (joins_last) {
        std::prev(next)->end = piece + size;
    } else if (joins_next) {
        next->begin = piece;
    } else {
        free_.insert(next, {piece, piece + size});
    }
}

void Arena::reset() {
    free_ = whole_;
    std::sort(free_.begin(), free_.end(),
              [](const Range& a, const Range& b) { return std::less<>()(a.begin, b.begin); });
    used_ = 0;
}

size_t Arena::reserved_bytes() const {
    size_t bytes = 0;
    for (const Range& r : whole_) bytes += static_cast<size_t>(r.end - r.begin) * sizeof(float);
    return bytes;
}

size_t Arena::peak_bytes() const { return static_cast<size_t>(peak_) * sizeof(float); }

} // namespace qstar::engine
