#pragma once
// Loops by several threads (thread_pool.h), with results that do not depend on how many there are.
//
// Work is cut into chunks whose borders depend only on the size of the work.
// Each chunk is computed by one thread from first to last. Whoever reduces over
// chunks keeps one partial result a chunk and adds them in chunk order.

#include "engine/base/thread_pool.h"

#include <cstdint>

namespace qstar::engine {

// Bounds the number of threads for the rest of the process; 0: all processors.
void set_threads(int threads);
int threads();

// Calls body(begin, end) for [0, n) cut into chunks of `grain` (the last may be
// shorter). A single chunk runs on the calling thread. May be called from within a body; a
// thread that waits for the last chunks of a loop does chunks of this loop, and of loops within
// it, only.
void parallel_for(int64_t n, int64_t grain, Body body);

// The threads that a loop begun here may expect: all, or in the body of a loop a thread's share.
int free_threads();

} // namespace qstar::engine
