// Softmax and what is made of it, with the gradients.

#include "engine/vulkan/reduce.h"
#include "engine/vulkan/vulkan_device.h"

#include <algorithm>

namespace qstar::engine::vulkan {

namespace {

// What the shaders softmax and softmax_grad make of a row.
enum Kind : uint32_t { kCrossEntropy, kLogProb, kEntropy };

struct Softmax {
    Kind kind;
    int64_t rows, classes;
    const float* x = nullptr;
    float* p = nullptr;
    float* lse = nullptr; // kept where there is room for it
    float* y = nullptr;
    const int* targets = nullptr;
    const float* weights = nullptr;
};

void softmax(Operation& operation, const Softmax& s) {
    const int64_t size = s.rows * s.classes;
    const struct {
        Address x, p, lse, y, targets, weights;
        int32_t rows, classes;
        uint32_t keeps_lse;
    } push = {operation.read(s.x, size),
              operation.write(s.p, size),
              s.lse == nullptr ? 0 : operation.write(s.lse, s.rows),
              operation.write(s.y, s.rows),
              s.targets == nullptr ? 0 : operation.upload(s.targets, s.rows),
              s.weights == nullptr ? 0 : operation.upload(s.weights, s.rows),
              number(s.rows),
              number(s.classes),
              s.lse != nullptr};
    operation.run(shaders::softmax, {s.kind}, push, {std::min<int64_t>(s.rows, 65535)});
}

struct SoftmaxGrad {
    Kind kind;
    int64_t rows, classes;
    const float* p = nullptr;
    const float* x = nullptr;
    const float* lse = nullptr;
    const float* y = nullptr;
    const float* dy = nullptr;
    int64_t dy_size = 0;
    const int* targets = nullptr;
    const float* weights = nullptr;
    float factor = 1;
};

void softmax_grad(Gpu& gpu, const SoftmaxGrad& s, GradTarget dx) {
    if (!dx.data) return;
    Operation operation(gpu);
    const int64_t size = s.rows * s.classes;
    const bool entropies = s.kind == kEntropy;
    const struct {
        Address p, x, lse, y, dy, dx, targets, weights;
        int32_t n, classes;
        float factor;
        uint32_t fresh;
    } push = {operation.read(s.p, size),
              operation.read(s.x, entropies ? size : 0),
              operation.read(s.lse, entropies ? s.rows : 0),
              operation.read(s.y, entropies ? s.rows : 0),
              operation.read(s.dy, s.dy_size),
              operation.write(dx.data, size),
              s.targets == nullptr ? 0 : operation.upload(s.targets, s.rows),
              s.weights == nullptr ? 0 : operation.upload(s.weights, s.rows),
              number(size),
              number(s.classes),
              s.factor,
              dx.fresh};
    operation.run(shaders::softmax_grad, {s.kind}, push, groups_for(size));
}

} // namespace

void VulkanDevice::cross_entropy(int64_t rows, int64_t classes, const float* x, const int* targets,
                                 const float* weights, double total, float* p, float* row_loss,
                                 float* loss) const {
    Operation operation(*gpu_);
    softmax(operation, {.kind = kCrossEntropy,
                        .rows = rows,
                        .classes = classes,
                        .x = x,
                        .p = p,
                        .y = row_loss,
                        .targets = targets,
                        .weights = weights});
    sum_each(operation, rows, std::max<int64_t>(1, rows), false, static_cast<float>(1 / total),
             row_loss, loss);
}

void VulkanDevice::cross_entropy_grad(int64_t rows, int64_t classes, const float* p,
                                      const int* targets, const float* weights, const float* dy,
                                      float factor, GradTarget dx) const {
    softmax_grad(*gpu_,
                 {.kind = kCrossEntropy,
                  .rows = rows,
                  .classes = classes,
                  .p = p,
                  .dy = dy,
                  .dy_size = 1,
                  .targets = targets,
                  .weights = weights,
                  .factor = factor},
                 dx);
}

void VulkanDevice::log_prob(int64_t rows, int64_t classes, const float* x, const int* targets,
                            float* p, float* y) const {
    Operation operation(*gpu_);
    softmax(operation, {.kind = kLogProb,
                        .rows = rows,
                        .classes = classes,
                        .x = x,
                        .p = p,
                        .y = y,
                        .targets = targets});
}

void VulkanDevice::log_prob_grad(int64_t rows, int64_t classes, const float* p, const int* targets,
                                 const float* dy, GradTarget dx) const {
    softmax_grad(*gpu_,
                 {.kind = kLogProb,
                  .rows = rows,
                  .classes = classes,
                  .p = p,
                  .dy = dy,
                  .dy_size = rows,
                  .targets = targets},
                 dx);
}

void VulkanDevice::entropy(int64_t rows, int64_t classes, const float* x, float* p, float* lse,
                           float* y) const {
    Operation operation(*gpu_);
    softmax(
        operation,
        {.kind = kEntropy, .rows = rows, .classes = classes, .x = x, .p = p, .lse = lse, .y = y});
}

void VulkanDevice::entropy_grad(int64_t rows, int64_t classes, const float* x, const float* p,
                                const float* lse, const float* y, const float* dy,
                                GradTarget dx) const {
    softmax_grad(*gpu_,
                 {.kind = kEntropy,
                  .rows = rows,
                  .classes = classes,
                  .p = p,
                  .x = x,
                  .lse = lse,
                  .y = y,
                  .dy = dy,
                  .dy_size = rows},
                 dx);
}

void VulkanDevice::binary_cross_entropy(int64_t n, const float* x, const float* labels,
                                        const float* weights, double total, float* off,
                                        float* loss) const {
    Operation operation(*gpu_);
    float* const terms = operation.scratch(n);
    const struct {
        Address x, off, terms, labels, weights;
        int32_t n;
    } push = {operation.read(x, n),        operation.write(off, n),      operation.write(terms, n),
              operation.upload(labels, n), operation.upload(weights, n), number(n)};
    operation.run(shaders::binary_cross_entropy, {}, push, groups_for(n));
    sum_each(operation, n, std::max<int64_t>(1, n), false, static_cast<float>(1 / total), terms,
             loss);
}

void VulkanDevice::binary_cross_entropy_grad(int64_t n, const float* off, const float* weights,
                                             const float* dy, float factor, GradTarget dx) const {
    if (!dx.data) return;
    Operation operation(*gpu_);
    const struct {
        Address off, weights, dy, dx;
        int32_t n;
        float factor;
        uint32_t fresh;
    } push = {operation.read(off, n),
              operation.upload(weights, n),
              operation.read(dy, 1),
              operation.write(dx.data, n),
              number(n),
              factor,
              dx.fresh};
    operation.run(shaders::binary_cross_entropy_grad, {}, push, groups_for(n));
}

} // namespace qstar::engine::vulkan
