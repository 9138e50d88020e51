#pragma once
// Threads by oneTBB, with results that do not depend on how many there are.
//
// Work is cut into chunks whose borders depend only on the size of the work.
// Each chunk is computed by one thread from first to last. Whoever reduces over
// chunks keeps one partial result a chunk and adds them in chunk order.

#include <cstdint>
#include <functional>

namespace qstar::engine {

// Bounds the number of threads for the rest of the process; 0: all processors.
void set_threads(int threads);
int threads();

// Calls body(begin, end) for [0, n) cut into chunks of `grain` (the last may be
// shorter). A single chunk runs on the calling thread.
void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& body);

} // namespace qstar::engine
