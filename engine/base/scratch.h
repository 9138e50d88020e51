#pragma once
// Memory of a thread for packed operands: grows, and is kept for the next product.
// Only code that calls no parallel_for may hold it, since a thread that waits there
// may be given another product.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace qstar::engine {

struct Scratch {
    struct Free {
        void operator()(float* p) const { std::free(p); }
    };
    std::unique_ptr<float, Free> memory;
    int64_t size = 0;

    // Room for n numbers, what they were is lost. In one large page where the system
    // has them: then the packed block misses no address translation, and lies in L2
    // without two of its lines fighting for a place.
    float* get(int64_t n) {
        if (n > size) {
            constexpr size_t kPage = size_t{2} << 20;
            const size_t bytes =
                (static_cast<size_t>(n) * sizeof(float) + kPage - 1) / kPage * kPage;
            memory.reset(static_cast<float*>(std::aligned_alloc(kPage, bytes)));
            if (memory == nullptr) throw std::bad_alloc();
#ifdef __linux__
            madvise(memory.get(), bytes, MADV_HUGEPAGE); // a hint; no harm if refused
#endif
            size = static_cast<int64_t>(bytes / sizeof(float));
        }
        return memory.get();
    }
};

} // namespace qstar::engine
