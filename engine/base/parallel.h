#pragma once
// Loops by several threads (thread_pool.h), with results that do not depend on how many there are.
//
// Work is cut into chunks whose borders depend only on the size of the work.
// Each chunk is computed by one thread from first to last. Whoever reduces over
// chunks keeps one partial result a chunk and adds them in chunk order.

#include <cstdint>
#include <memory>
#include <type_traits>

namespace qstar::engine {

// Bounds the number of threads for the rest of the process; 0: all processors.
void set_threads(int threads);
int threads();

// A function that is called while it lives, by reference: unlike std::function it never
// allocates.
class Body {
  public:
    template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Body>) Body(F&& function)
        : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
          call_([](void* object, int64_t begin, int64_t end) {
              (*static_cast<std::remove_reference_t<F>*>(object))(begin, end);
          }) {}
    void operator()(int64_t begin, int64_t end) const { call_(object_, begin, end); }

  private:
    void* object_;
    void (*call_)(void*, int64_t, int64_t);
};

// Calls body(begin, end) for [0, n) cut into chunks of `grain` (the last may be
// shorter). A single chunk runs on the calling thread. May be called from within a body; a
// thread that waits for the last chunks of a loop does chunks of this loop, and of loops within
// it, only.
void parallel_for(int64_t n, int64_t grain, Body body);

// The threads that a loop begun here may expect: all, or in the body of a loop a thread's share.
int free_threads();

} // namespace qstar::engine
