#include "engine/formats/header_cursor.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cstring>
#include <fmt/core.h>

namespace qstar::engine {

std::string HeaderCursor::text(uint64_t limit, const char* what) {
    const auto length = take<uint64_t>(what);
    if (length > limit || length > left())
        fail("{}: byte {}: {} of {} bytes, but only {} are left{}", name_, at_ - 8, what, length,
             left(), length > limit ? fmt::format(" and at most {} allowed", limit) : "");
    std::string value(static_cast<size_t>(length), '\0');
    copy(value.data(), value.size(), what);
    return value;
}

uint64_t HeaderCursor::count(uint64_t smallest, const char* what) {
    const auto count = take<uint64_t>(what);
    if (count > left() / smallest)
        fail("{}: byte {}: {} {}, but only {} bytes are left", name_, at_ - 8, count, what, left());
    return count;
}

void HeaderCursor::copy(void* to, size_t count, const char* what) {
    if (count > left())
        fail("{}: the file is cut off: it ends at byte {}, within {}", name_, size_, what);
    auto* bytes = static_cast<char*>(to);
    while (count > 0) {
        if (at_ < begin_ || at_ >= begin_ + buffer_.size()) {
            buffer_.resize(static_cast<size_t>(std::min<uint64_t>(left(), 1 << 16)));
            begin_ = at_;
            read_(at_, buffer_.data(), buffer_.size());
        }
        const auto offset = static_cast<size_t>(at_ - begin_);
        const size_t some = std::min(count, buffer_.size() - offset);
        std::memcpy(bytes, buffer_.data() + offset, some);
        bytes += some;
        count -= some;
        at_ += some;
    }
}

} // namespace qstar::engine
