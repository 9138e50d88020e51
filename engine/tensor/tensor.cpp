#include "engine/tensor/tensor.h"

#include "engine/base/error.h"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace qstar::engine {

Shape::Shape(std::initializer_list<int64_t> dims) {
    if (dims.size() > 4) fail("a tensor has at most 4 dimensions, {} were asked for", dims.size());
    for (const int64_t d : dims) {
        if (d < 0) fail("a tensor's dimension must not be negative, found {}", d);
        dim[static_cast<size_t>(rank++)] = d;
    }
}

int64_t Shape::size() const {
    int64_t product = 1;
    for (int i = 0; i < rank; ++i) product *= dim[static_cast<size_t>(i)];
    return product;
}

std::string Shape::text() const {
    std::string out = "(";
    for (int i = 0; i < rank; ++i) out += fmt::format("{}{}", i ? ", " : "", (*this)[i]);
    return out + ")";
}

Tensor Tensor::zeros(Shape shape, const Device& device) { return full(shape, 0.0f, device); }

Tensor Tensor::unwritten(Shape shape, const Device& device) {
    Tensor t;
    t.shape_ = shape;
    t.device_ = &device;
    t.owner_ = device.allocate(shape.size());
    t.data_ = t.owner_.get();
    return t;
}

Tensor Tensor::full(Shape shape, float value, const Device& device) {
    Tensor t = unwritten(shape, device);
    std::fill_n(t.data_, t.size(), value); // new memory: nobody works with it yet
    return t;
}

Tensor Tensor::from(Shape shape, std::span<const float> values) {
    if (static_cast<int64_t>(values.size()) != shape.size()) {
        fail("a tensor of shape {} needs {} numbers, found {}", shape.text(), shape.size(),
             values.size());
    }
    Tensor t = unwritten(shape);
    std::copy(values.begin(), values.end(), t.data_);
    return t;
}

Tensor Tensor::view(Shape shape, float* data, const Device& device) {
    Tensor t;
    t.shape_ = shape;
    t.device_ = &device;
    t.data_ = data;
    return t;
}

Tensor Tensor::owning(Shape shape, std::shared_ptr<float> data) {
    Tensor t = view(shape, data.get(), cpu_device());
    t.owner_ = std::move(data);
    return t;
}

Tensor Tensor::clone(const Device& device) const {
    Tensor t = unwritten(shape_, device);
    device_->download(size(), data_, t.data_);
    return t;
}

Tensor Tensor::reshaped(Shape shape) const {
    if (shape.size() != size()) {
        fail("a tensor of shape {} cannot be read as {}", shape_.text(), shape.text());
    }
    Tensor t = *this;
    t.shape_ = shape;
    return t;
}

void Tensor::fill(float value) const {
    device_->finish();
    std::fill_n(data_, size(), value);
}

} // namespace qstar::engine
