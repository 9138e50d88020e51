// Operations of the llama family's blocks beside RMS norm (rows.cpp): rotary positions, SwiGLU.

#include "engine/vulkan/vulkan_device.h"

#include <algorithm>

namespace qstar::engine::vulkan {

void VulkanDevice::rotate(const Rotation& by, const float* x, int64_t ldx, GradTarget y,
                          int64_t ldy) const {
    if (!y.data || by.rows == 0) return;
    Operation operation(*gpu_);
    const int64_t width = by.heads * by.size;
    const auto span = [&](int64_t ld) { return (by.rows - 1) * ld + width; };
    const struct {
        Address x, turns, position, y;
        int32_t rows, width, size, time, ldx, ldy, flags;
    } push = {operation.read(x, span(ldx)),
              operation.read(by.turns, by.turns ? by.positions * by.size : 0),
              by.position ? operation.upload(by.position, by.rows) : 0,
              operation.write(y.data, span(ldy)),
              number(by.rows),
              number(width),
              number(by.size),
              number(std::max<int64_t>(1, by.time)),
              number(ldx),
              number(ldy),
              (by.turns ? 1 : 0) | (by.position ? 2 : 0) | (by.back ? 4 : 0) | (y.fresh ? 8 : 0)};
    number(span(std::max(ldx, ldy)));
    operation.run(shaders::rotate, {}, push, groups_for(by.rows * divided_up(width, 2)));
}

void VulkanDevice::swiglu(int64_t rows, int64_t width, const float* gate, const float* up,
                          int64_t ld, float* y) const {
    if (rows == 0) return;
    Operation operation(*gpu_);
    const int64_t span = (rows - 1) * ld + width;
    const struct {
        Address gate, up, y;
        int32_t rows, width, ld;
    } push = {operation.read(gate, span),
              operation.read(up, span),
              operation.write(y, rows * width),
              number(rows),
              number(width),
              number(ld)};
    number(span);
    operation.run(shaders::swiglu, {}, push, groups_for(rows * width));
}

void VulkanDevice::swiglu_grad(int64_t n, const float* gate, const float* up, const float* dy,
                               GradTarget dgate, GradTarget dup) const {
    Operation operation(*gpu_);
    const struct {
        Address gate, up, dy, dgate, dup;
        int32_t n;
        uint32_t fresh_gate, fresh_up;
    } push = {operation.read(gate, n),
              operation.read(up, n),
              operation.read(dy, n),
              operation.write(dgate.data, n),
              operation.write(dup.data, n),
              number(n),
              dgate.fresh,
              dup.fresh};
    operation.run(shaders::swiglu_grad, {}, push, groups_for(n));
}

} // namespace qstar::engine::vulkan
