#pragma once
// The threads that help with loops (parallel.h), and how they find them.
//
// A loop is open while its owner works on it: helpers look for open ones, take chunks and leave.
// The owner takes chunks, too, so a loop ends whether anybody comes or not. Between loops a helper
// stays awake for a tenth of a millisecond: a step of training is some three hundred loops, most of
// them shorter than it takes to wake a thread.

#include <cstdint>
#include <memory>
#include <type_traits>

namespace qstar::engine {

// The body of a loop: a function that is called while it lives, by reference. Unlike
// std::function it never allocates.
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

// Of how many threads loops are made from now on, the callers' own among them; at least one.
// Helpers are started by the first loop that wants them, and live as long as the process.
void set_pool(int threads);

// body(begin, end) for every chunk of `grain` in [0, n), by this thread and helpers. A thread
// begins with the same part of every loop of the same length, where its caches know the numbers.
// While it waits for the last chunks, it helps with the loops within them. What a body throws comes
// out here, when nobody is in the loop any more; the chunks not begun are then left out.
void run_in_pool(Body body, int64_t n, int64_t grain);

// See parallel.h.
int free_in_pool();

} // namespace qstar::engine
