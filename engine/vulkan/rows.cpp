// Operations on rows: sums over them, layer norm and RMS norm with their gradients.

#include "engine/device/chunks.h"
#include "engine/vulkan/reduce.h"
#include "engine/vulkan/vulkan_device.h"

#include <algorithm>

namespace qstar::engine::vulkan {

namespace {

// A work group a row, then on in strides.
Groups groups_of_rows(int64_t rows) { return {std::min<int64_t>(rows, 65535)}; }

// An invocation a column, a group's row of them a chunk of row_grain rows.
Groups groups_of_columns(int64_t rows, int64_t columns) {
    return {(columns + 63) / 64, row_chunks(rows)};
}

} // namespace

void VulkanDevice::column_sums(int64_t rows, int64_t columns, const float* x, float* partial,
                               GradTarget d) const {
    if (!d.data) return;
    Operation operation(*gpu_);
    const int64_t chunks = row_chunks(rows);
    const struct {
        Address x, partial;
        int32_t rows, columns, grain;
    } push = {operation.read(x, rows * columns), operation.write(partial, chunks * columns),
              number(rows), number(columns), static_cast<int32_t>(kRowGrain)};
    operation.run(shaders::column_sums, {}, push, groups_of_columns(rows, columns));
    sum_chunks(operation, columns, chunks, columns, partial, d.data, d.fresh);
}

void VulkanDevice::layer_norm(int64_t rows, int64_t width, const float* x, const float* gain,
                              const float* bias, float eps, float* y, float* mean,
                              float* rstd) const {
    Operation operation(*gpu_);
    const struct {
        Address x, gain, bias, y, mean, rstd;
        int32_t rows, width;
        float eps;
    } push = {operation.read(x, rows * width),
              operation.read(gain, width),
              operation.read(bias, width),
              operation.write(y, rows * width),
              operation.write(mean, rows),
              operation.write(rstd, rows),
              number(rows),
              number(width),
              eps};
    operation.run(shaders::layer_norm, {}, push, groups_of_rows(rows));
}

void VulkanDevice::layer_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                                   const float* dy, const float* mean, const float* rstd,
                                   GradTarget dx, float* partial, GradTarget dgain,
                                   GradTarget dbias) const {
    Operation operation(*gpu_);
    const int64_t size = rows * width, chunks = row_chunks(rows);
    const struct {
        Address x, gain, dy, mean, rstd, dx;
        int32_t rows, width;
        uint32_t fresh;
    } push = {operation.read(x, size),
              operation.read(gain, width),
              operation.read(dy, size),
              operation.read(mean, rows),
              operation.read(rstd, rows),
              operation.write(dx.data, size),
              number(rows),
              number(width),
              dx.fresh};
    operation.run(shaders::layer_norm_grad, {}, push, groups_of_rows(rows));
    if (!dgain.data && !dbias.data) return;
    const struct {
        Address x, dy, mean, rstd, partial;
        int32_t rows, width, grain;
    } columns = {operation.read(x, size),
                 operation.read(dy, size),
                 operation.read(mean, rows),
                 operation.read(rstd, rows),
                 operation.write(partial, chunks * 2 * width),
                 number(rows),
                 number(width),
                 static_cast<int32_t>(kRowGrain)};
    operation.run(shaders::layer_norm_columns, {}, columns, groups_of_columns(rows, width));
    if (dgain.data)
        sum_chunks(operation, width, chunks, 2 * width, partial, dgain.data, dgain.fresh);
    if (dbias.data) {
        sum_chunks(operation, width, chunks, 2 * width, partial + width, dbias.data, dbias.fresh);
    }
}

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
    operation.run(shaders::rms_norm, {}, push, groups_of_rows(s.rows * s.groups));
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
    operation.run(shaders::rms_norm_grad, {}, push, groups_of_rows(rows));
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
                 static_cast<int32_t>(kRowGrain)};
    operation.run(shaders::rms_norm_columns, {}, columns, groups_of_columns(rows, width));
    sum_chunks(operation, width, chunks, width, partial, dgain.data, dgain.fresh);
}

} // namespace qstar::engine::vulkan
