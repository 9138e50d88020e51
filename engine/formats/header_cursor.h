#pragma once
// A file's header of counts and texts, read from its beginning on. Every count is compared with the
// bytes that are left before anything is allocated by it.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace qstar::engine {

class HeaderCursor {
  public:
    using Read = std::function<void(uint64_t at, void* to, size_t count)>;
    // `name` stands in the errors; the file has so many bytes, which `read` gives.
    HeaderCursor(const std::string& name, uint64_t size, Read read)
        : name_(name), size_(size), read_(std::move(read)) {}

    uint64_t at() const { return at_; }
    uint64_t left() const { return size_ - at_; }

    // A number, little-endian; Error where the file ends within it. `what` it is a part of.
    template <class T>
    T take(const char* what) {
        T value;
        copy(&value, sizeof value, what);
        return value;
    }
    // A text after its length, a u64.
    std::string text(uint64_t limit, const char* what);
    // A count, a u64, of things that take so many bytes each, at least.
    uint64_t count(uint64_t smallest, const char* what);

  private:
    void copy(void* to, size_t count, const char* what);

    const std::string& name_;
    uint64_t size_, at_ = 0, begin_ = 0;
    Read read_;
    std::vector<char> buffer_; // what stands from begin_ on
};

} // namespace qstar::engine
