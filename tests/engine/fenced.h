#pragma once
// Numbers with forbidden pages right before and behind them, so that a kernel that
// reads or writes outside of them crashes the test.

#include "engine/base/random.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace qstar {

// Stands where nothing may be read.
constexpr float kPoison = std::numeric_limits<float>::quiet_NaN();

class Fenced {
  public:
    enum class Flush { begin, end }; // the side on which a forbidden page touches the numbers

    explicit Fenced(int64_t n, Flush flush = Flush::end, float value = 0) : n_(n) {
        const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        const size_t bytes = static_cast<size_t>(n) * sizeof(float);
        used_ = (bytes + page - 1) / page * page;
        if (spare(used_).empty()) {
            char* base = static_cast<char*>(mmap(nullptr, used_ + 2 * page, PROT_READ | PROT_WRITE,
                                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
            mprotect(base, page, PROT_NONE);
            mprotect(base + page + used_, page, PROT_NONE);
            spare(used_).push_back(base + page);
        }
        first_ = spare(used_).back();
        spare(used_).pop_back();
        data_ = reinterpret_cast<float*>(flush == Flush::begin ? first_ : first_ + used_ - bytes);
        for (int64_t i = 0; i < n; ++i) data_[i] = value;
    }
    Fenced(Fenced&& other) noexcept { *this = std::move(other); }
    Fenced& operator=(Fenced&& other) noexcept {
        std::swap(first_, other.first_);
        std::swap(used_, other.used_);
        std::swap(data_, other.data_);
        std::swap(n_, other.n_);
        return *this;
    }
    ~Fenced() {
        if (first_ != nullptr) spare(used_).push_back(first_);
    }

    float* data() { return data_; }
    const float* data() const { return data_; }
    int64_t size() const { return n_; }
    float& operator[](int64_t i) { return data_[i]; }
    float operator[](int64_t i) const { return data_[i]; }

    void randomize(Random& random) {
        for (int64_t i = 0; i < n_; ++i) data_[i] = static_cast<float>(2 * random.uniform() - 1);
    }

  private:
    // Fenced memory that is free again, by its size: to map it takes long.
    static std::vector<char*>& spare(size_t used) {
        static std::map<size_t, std::vector<char*>> all;
        return all[used];
    }

    char* first_ = nullptr;
    size_t used_ = 0;
    float* data_ = nullptr;
    int64_t n_ = 0;
};

// The same bytes, but for NaN, which only has to be NaN.
inline bool same_numbers(const float* x, const float* y, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
        if (x[i] != x[i] && y[i] != y[i]) continue;
        if (std::memcmp(x + i, y + i, sizeof(float)) != 0) return false;
    }
    return true;
}

} // namespace qstar
