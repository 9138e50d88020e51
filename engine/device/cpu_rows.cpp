// The processor's operations on rows: norms, sums over rows, rows by number.

#include "engine/device/cpu_device.h"
#include "engine/kernels/kernels.h"

#include <algorithm>
#include <vector>

namespace qstar::engine::on_cpu {

void sum_chunks(const GradTarget& d, int64_t width, int64_t chunks, int64_t stride,
                const float* partial) {
    clear_if_fresh(d, width);
    for (int64_t c = 0; d.data && c < chunks; ++c)
        kernels().add(width, d.data, partial + c * stride, d.data);
}

// In fixed chunks of rows and the chunks in order.
void CpuDevice::column_sums(int64_t rows, int64_t columns, const float* x, float* partial,
                            GradTarget d) const {
    if (!d.data) return;
    parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
        float* sum = partial + begin / kRowGrain * columns;
        std::fill_n(sum, columns, 0.0f);
        for (int64_t r = begin; r < end; ++r) kernels().add(columns, sum, x + r * columns, sum);
    });
    sum_chunks(d, columns, row_chunks(rows), columns, partial);
}

void CpuDevice::layer_norm(int64_t rows, int64_t width, const float* x, const float* gain,
                           const float* bias, float eps, float* y, float* mean, float* rstd) const {
    parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            kernels().layer_norm(width, x + r * width, gain, bias, eps, y + r * width, &mean[r],
                                 &rstd[r]);
        }
    });
}

// Ba et al. 2016. Gain and bias are summed over rows in fixed chunks, the chunks in
// order, so the bytes do not depend on threads.
void CpuDevice::layer_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                                const float* dy, const float* mean, const float* rstd,
                                GradTarget dx, float* partial, GradTarget dgain,
                                GradTarget dbias) const {
    parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
        float* gain_part = partial + begin / kRowGrain * 2 * width;
        std::fill_n(gain_part, 2 * width, 0.0f);
        for (int64_t r = begin; r < end; ++r) {
            kernels().layer_norm_grad(width, x + r * width, gain, dy + r * width, mean[r], rstd[r],
                                      dx.data + r * width, !dx.fresh, gain_part, gain_part + width);
        }
    });
    sum_chunks(dgain, width, row_chunks(rows), 2 * width, partial);
    sum_chunks(dbias, width, row_chunks(rows), 2 * width, partial + width);
}

void CpuDevice::rms_norm(const RmsNorm& s, const float* x, const float* gain, float* y,
                         float* rstd) const {
    parallel_for(s.rows, kRowGrain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            for (int64_t g = 0; g < s.groups; ++g) {
                const int64_t at = r * s.stride + g * s.width;
                kernels().rms_norm(s.width, x + at, gain, s.eps, y + at, &rstd[r * s.groups + g]);
            }
        }
    });
}

// The gain is summed over rows in fixed chunks, the chunks in order, so the bytes do not depend
// on threads.
void CpuDevice::rms_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                              const float* dy, const float* rstd, GradTarget dx, float* partial,
                              GradTarget dgain) const {
    parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
        float* gain_part = partial + begin / kRowGrain * width;
        std::fill_n(gain_part, width, 0.0f);
        for (int64_t r = begin; r < end; ++r) {
            kernels().rms_norm_grad(width, x + r * width, gain, dy + r * width, rstd[r],
                                    dx.data + r * width, !dx.fresh, gain_part);
        }
    });
    sum_chunks(dgain, width, row_chunks(rows), width, partial);
}

void CpuDevice::embedding(int64_t rows, int64_t width, const int* tokens, const float* table,
                          const float* positions, int64_t time, float* y) const {
    parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            const float* row = table + tokens[r] * width;
            if (positions) {
                kernels().add(width, row, positions + r % time * width, y + r * width);
            } else {
                std::copy_n(row, width, y + r * width);
            }
        }
    });
}

// Rows of the table get the sum over the places where their token stands: by slices
// of columns, rows in order.
void CpuDevice::embedding_grad(int64_t rows, int64_t width, const int* tokens, int64_t time,
                               const float* dy, GradTarget table, int64_t table_rows,
                               GradTarget positions, int64_t position_rows) const {
    clear_if_fresh(table, table_rows * width);
    clear_if_fresh(positions, position_rows * width);
    const auto add_rows = [&](float* to, int64_t row, int64_t r, int64_t begin, int64_t end) {
        float* at = to + row * width + begin;
        kernels().add(end - begin, at, dy + r * width + begin, at);
    };
    parallel_for(width, kColumnGrain, [&](int64_t begin, int64_t end) {
        for (int64_t r = 0; r < rows; ++r) {
            if (table.data) add_rows(table.data, tokens[r], r, begin, end);
            if (positions.data) add_rows(positions.data, r % time, r, begin, end);
        }
    });
}

void CpuDevice::gather_rows(int64_t count, int64_t width, const int* rows, const float* x,
                            float* y) const {
    parallel_for(count, kRowGrain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
            std::copy_n(x + rows[i] * width, width, y + i * width);
    });
}

// Chosen rows hand their gradient back, in order.
void CpuDevice::gather_rows_grad(int64_t count, int64_t width, const int* rows, const float* dy,
                                 GradTarget d, int64_t d_rows) const {
    if (!d.data) return;
    clear_if_fresh(d, d_rows * width);
    parallel_for(width, kColumnGrain, [&](int64_t begin, int64_t end) {
        for (int64_t i = 0; i < count; ++i) {
            float* to = d.data + rows[i] * width + begin;
            kernels().add(end - begin, to, dy + i * width + begin, to);
        }
    });
}

void CpuDevice::sum_lists(int64_t lists, int64_t width, const int* first, const int* order,
                          const float* x, int64_t /*x_rows*/, GradTarget y) const {
    parallel_for(lists, kRowGrain, [&](int64_t begin, int64_t end) {
        std::vector<float> total(static_cast<size_t>(width));
        for (int64_t i = begin; i < end; ++i) {
            std::fill(total.begin(), total.end(), 0.0f);
            for (int j = first[i]; j < first[i + 1]; ++j)
                kernels().add(width, total.data(), x + order[j] * width, total.data());
            float* to = y.data + i * width;
            if (y.fresh)
                std::copy(total.begin(), total.end(), to);
            else
                kernels().add(width, to, total.data(), to);
        }
    });
}

} // namespace qstar::engine::on_cpu
