#pragma once
// The body of a loop that threads share (parallel.h).

#include <cstdint>
#include <memory>
#include <type_traits>

namespace qstar::engine {

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

} // namespace qstar::engine
