// Operations on rows: sums over them, layer norm and its gradient.

#include "engine/device/chunks.h"
#include "engine/vulkan/operations.h"
#include "engine/vulkan/reduce.h"

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

void column_sums(int64_t rows, int64_t columns, const float* x, float* partial, Slot d) {
    if (!d.data) return;
    Job job(gpu());
    const int64_t chunks = row_chunks(rows);
    const struct {
        Address x, partial;
        int32_t rows, columns, grain;
    } push = {job.read(x, rows * columns), job.write(partial, chunks * columns), number(rows),
              number(columns), static_cast<int32_t>(row_grain)};
    job.run(shaders::column_sums, {}, push, groups_of_columns(rows, columns));
    sum_chunks(job, columns, chunks, columns, partial, d.data, d.fresh);
}

void layer_norm(int64_t rows, int64_t width, const float* x, const float* gain, const float* bias,
                float* y, float* mean, float* rstd) {
    Job job(gpu());
    const struct {
        Address x, gain, bias, y, mean, rstd;
        int32_t rows, width;
    } push = {job.read(x, rows * width),
              job.read(gain, width),
              job.read(bias, width),
              job.write(y, rows * width),
              job.write(mean, rows),
              job.write(rstd, rows),
              number(rows),
              number(width)};
    job.run(shaders::layer_norm, {}, push, groups_of_rows(rows));
}

void layer_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                     const float* dy, const float* mean, const float* rstd, Slot dx, float* partial,
                     Slot dgain, Slot dbias) {
    Job job(gpu());
    const int64_t size = rows * width, chunks = row_chunks(rows);
    const struct {
        Address x, gain, dy, mean, rstd, dx;
        int32_t rows, width;
        uint32_t fresh;
    } push = {job.read(x, size),    job.read(gain, width), job.read(dy, size),
              job.read(mean, rows), job.read(rstd, rows),  job.write(dx.data, size),
              number(rows),         number(width),         dx.fresh};
    job.run(shaders::layer_norm_grad, {}, push, groups_of_rows(rows));
    if (!dgain.data && !dbias.data) return;
    const struct {
        Address x, dy, mean, rstd, partial;
        int32_t rows, width, grain;
    } columns = {job.read(x, size),
                 job.read(dy, size),
                 job.read(mean, rows),
                 job.read(rstd, rows),
                 job.write(partial, chunks * 2 * width),
                 number(rows),
                 number(width),
                 static_cast<int32_t>(row_grain)};
    job.run(shaders::layer_norm_columns, {}, columns, groups_of_columns(rows, width));
    if (dgain.data) sum_chunks(job, width, chunks, 2 * width, partial, dgain.data, dgain.fresh);
    if (dbias.data) {
        sum_chunks(job, width, chunks, 2 * width, partial + width, dbias.data, dbias.fresh);
    }
}

} // namespace qstar::engine::vulkan
