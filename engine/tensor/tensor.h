#pragma once
// A tensor: a shape and a pointer to contiguous fp32 numbers, row-major, on a device.
//
// It is made on the device in use unless it is given another, and remembers which it is.
// The host may look at its numbers when the device has finished what it was told
// (device/device.h): the functions below wait where they read or write numbers that were there
// before; data(), values() and [] do not.
//
// Copying a Tensor copies the handle, not the numbers (clone() copies those).
// A tensor either owns its storage (shared between its handles) or views memory
// that lives elsewhere (the tape's arena). Not synchronised: two threads may read
// one tensor, or write separate parts of it.

#include "engine/device/device.h"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>

namespace qstar::engine {

struct Shape {
    std::array<int64_t, 4> dim{};
    int rank = 0;

    Shape() = default;
    Shape(std::initializer_list<int64_t> dims); // at most 4, each >= 0

    int64_t size() const; // the product; 1 for rank 0
    int64_t operator[](int i) const { return dim[static_cast<size_t>(i)]; }
    int64_t last() const { return rank == 0 ? 1 : dim[static_cast<size_t>(rank - 1)]; }
    int64_t rows() const { return last() == 0 ? 0 : size() / last(); } // all but the last
    bool operator==(const Shape& other) const = default;
    std::string text() const; // "(2, 3)"
};

class Tensor {
  public:
    Tensor() = default;
    static Tensor zeros(Shape shape, const Device& device = engine::device());
    // Its numbers are whatever stood there before: for who writes all of them.
    static Tensor unwritten(Shape shape, const Device& device = engine::device());
    static Tensor full(Shape shape, float value, const Device& device = engine::device());
    static Tensor from(Shape shape, std::span<const float> values);     // Error if the sizes differ
    static Tensor view(Shape shape, float* data, const Device& device); // does not own
    static Tensor owning(Shape shape, std::shared_ptr<float> data);     // on the processor

    const Shape& shape() const { return shape_; }
    int64_t size() const { return shape_.size(); }
    bool empty() const { return data_ == nullptr; }
    const Device& device() const { return *device_; } // the processor for an empty one
    float* data() const { return data_; }
    std::span<float> values() const { return {data_, static_cast<size_t>(size())}; }
    float& operator[](int64_t i) const { return data_[i]; }

    Tensor clone(const Device& device = engine::device()) const; // on that device
    Tensor reshaped(Shape shape) const; // same numbers; Error if the size differs
    void fill(float value) const;

  private:
    Shape shape_;
    float* data_ = nullptr;
    const Device* device_ = &cpu_device();
    std::shared_ptr<float> owner_; // 64-byte aligned
};

} // namespace qstar::engine
