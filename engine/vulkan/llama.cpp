// Operations of the llama family's blocks: RMS norm, rotary positions, SwiGLU.

#include "engine/device/chunks.h"
#include "engine/vulkan/reduce.h"
#include "engine/vulkan/vulkan_device.h"

#include <algorithm>

namespace qstar::engine::vulkan {

void VulkanDevice::rms_norm(const RmsNorm& s, const float* x, const float* gain, float* y,
                            float* rstd) const {
    if (s.rows == 0) return;
    Operation operation(*gpu_);
    const int64_t span = (s.rows - 1) * s.stride + s.groups * s.width;
    const struct {
        Address x, gain, y, rstd;
        int32_t rows, groups, width, stride;
        float eps;
    } push = {operation.read(x, span),
              operation.read(gain, s.width),
              operation.write(y, span),
              operation.write(rstd, s.rows * s.groups),
              number(s.rows),
              number(s.groups),
              number(s.width),
              number(s.stride),
              s.eps};
    number(span);
    operation.run(shaders::rms_norm, {}, push, {std::min<int64_t>(s.rows * s.groups, 65535)});
}

void VulkanDevice::rms_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                                 const float* dy, const float* rstd, GradTarget dx, float* partial,
                                 GradTarget dgain) const {
    Operation operation(*gpu_);
    const int64_t size = rows * width, chunks = row_chunks(rows);
    const struct {
        Address x, gain, dy, rstd, dx;
        int32_t rows, width;
        uint32_t fresh;
    } push = {operation.read(x, size),
              operation.read(gain, width),
              operation.read(dy, size),
              operation.read(rstd, rows),
              operation.write(dx.data, size),
              number(rows),
              number(width),
              dx.fresh};
    operation.run(shaders::rms_norm_grad, {}, push, {std::min<int64_t>(rows, 65535)});
    if (!dgain.data) return;
    const struct {
        Address x, dy, rstd, partial;
        int32_t rows, width, grain;
    } columns = {operation.read(x, size),
                 operation.read(dy, size),
                 operation.read(rstd, rows),
                 operation.write(partial, chunks * width),
                 number(rows),
                 number(width),
                 static_cast<int32_t>(row_grain)};
    operation.run(shaders::rms_norm_columns, {}, columns, {(width + 63) / 64, chunks});
    sum_chunks(operation, width, chunks, width, partial, dgain.data, dgain.fresh);
}

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
