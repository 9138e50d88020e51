#pragma once
// The worlds that have a class, each known by its line in teachings.cpp.

#include "train/data/class/teaching.h"

#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

namespace qstar::train {

// The options of all of them, one of each, copied with the whole. Const functions may be called
// from several threads at once.
class Teachings {
  public:
    Teachings(); // each as it stands by itself
    Teachings(const Teachings& other);
    Teachings& operator=(const Teachings& other);
    Teachings(Teachings&&) = default;
    Teachings& operator=(Teachings&&) = default;

    const std::vector<std::unique_ptr<Teaching>>& all() const { return all_; }
    const Teaching* find(std::string_view world) const; // null if it has no class
    Teaching* find(std::string_view world);
    const Teaching& at(std::string_view world) const; // Error naming those that have one
    Teaching& at(std::string_view world);

    // By its type, one of the list.
    template <class T>
    T& of() {
        for (const auto& teaching : all_)
            if (auto* found = dynamic_cast<T*>(teaching.get())) return *found;
        throw std::bad_cast();
    }

  private:
    std::vector<std::unique_ptr<Teaching>> all_;
};

std::vector<std::string> taught_world_names();
// "arithmetic, equations, countdown, words"
std::string taught_worlds();

} // namespace qstar::train
