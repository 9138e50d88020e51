#pragma once
// What the tests of Vulkan share: the device, with the validation layer where it is
// installed, and the processor's scalar kernels as the twin that its numbers are held
// against.

#include "engine/base/random.h"
#include "engine/device/device.h"
#include "engine/tensor/tensor.h"

#include <string>
#include <vector>

namespace qstar::tests {

// While it lives, the device computes. Prints a sentence and is false where there is none.
// At the end the validation layer must have had nothing to say.
class OnVulkan {
  public:
    OnVulkan();
    ~OnVulkan();
    explicit operator bool() const { return here_; }

  private:
    bool here_ = false;
};

// Operands of one operation: the same random numbers on both sides, in the order in which
// they are asked for.
class Operands {
  public:
    explicit Operands(uint64_t seed) : random_(seed, "vulkan/operands") {}

    float* in(int64_t n, double low = -1, double high = 1);
    // Compared afterwards. `fresh`: what stood there before is not to be looked at.
    float* out(int64_t n, bool fresh = true);
    float* spare(int64_t n); // written, not compared
    engine::GradTarget grad_target(int64_t n, bool fresh) { return {out(n, fresh), fresh}; }
    std::vector<int> indices(int64_t n, int64_t below);
    std::vector<float> host(int64_t n, double low = 0, double high = 1);

    const std::vector<engine::Tensor>& outputs() const { return outputs_; }

  private:
    engine::Tensor numbers(int64_t n, double low, double high);

    Random random_;
    std::vector<engine::Tensor> kept_, outputs_;
};

// Runs `operation` (a function of Operands&) by the scalar kernels and on the device. The
// largest difference of a number, by its size and its tensor's usual size.
double difference(void (*operation)(const engine::Device&, Operands&, const void*),
                  const void* more);

template <class Operation>
double difference(const Operation& operation) {
    return difference(
        [](const engine::Device& device, Operands& operands, const void* more) {
            (*static_cast<const Operation*>(more))(device, operands);
        },
        &operation);
}

} // namespace qstar::tests
