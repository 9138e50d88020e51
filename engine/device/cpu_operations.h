#pragma once
// The processor's entries of the device table (device.h), by file.

#include "engine/device/chunks.h"
#include "engine/device/device.h"
#include "engine/parallel.h"

namespace qstar::engine::cpu {

// d[i] (+)= f(i), in chunks.
template <class Function>
void add_each(const Slot& d, int64_t size, Function f) {
    if (!d.data) return;
    parallel_for(size, element_grain, [&](int64_t begin, int64_t end) {
        if (d.fresh) {
            for (int64_t i = begin; i < end; ++i) d.data[i] = f(i);
        } else {
            for (int64_t i = begin; i < end; ++i) d.data[i] += f(i);
        }
    });
}

void clear_if_fresh(const Slot& d, int64_t size);

// In order, so that the bytes do not depend on threads.
double sum_of(std::span<const float> terms);

// cpu_elementwise.cpp
void add_scaled(int64_t n, float alpha, const float* x, Slot d);
void map(Map f, int64_t n, const float* x, float c0, float c1, float* y);
void map_grad(Map f, int64_t n, const float* x, const float* y, const float* dy, float c0, float c1,
              Slot dx);
void zip(Zip f, int64_t n, const float* a, const float* b, float* y);
void zip_grad(Zip f, bool second, int64_t n, const float* a, const float* b, const float* dy,
              Slot d);
void sum(int64_t n, const float* x, float* y);
void spread(int64_t n, const float* y, Slot d);

// cpu_rows.cpp
void column_sums(int64_t rows, int64_t columns, const float* x, float* partial, Slot d);
void layer_norm(int64_t rows, int64_t width, const float* x, const float* gain, const float* bias,
                float* y, float* mean, float* rstd);
void layer_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                     const float* dy, const float* mean, const float* rstd, Slot dx, float* partial,
                     Slot dgain, Slot dbias);
void embedding(int64_t rows, int64_t width, const int* tokens, const float* table,
               const float* positions, int64_t time, float* y);
void embedding_grad(int64_t rows, int64_t width, const int* tokens, int64_t time, const float* dy,
                    Slot table, int64_t table_rows, Slot positions, int64_t position_rows);
void gather_rows(int64_t count, int64_t width, const int* rows, const float* x, float* y);
void gather_rows_grad(int64_t count, int64_t width, const int* rows, const float* dy, Slot d,
                      int64_t d_rows);

// cpu_losses.cpp
void cross_entropy(int64_t rows, int64_t classes, const float* x, const int* targets,
                   const float* weights, double total, float* p, float* row_loss, float* loss);
void cross_entropy_grad(int64_t rows, int64_t classes, const float* p, const int* targets,
                        const float* weights, const float* dy, float factor, Slot dx);
void log_prob(int64_t rows, int64_t classes, const float* x, const int* targets, float* p,
              float* y);
void log_prob_grad(int64_t rows, int64_t classes, const float* p, const int* targets,
                   const float* dy, Slot dx);
void entropy(int64_t rows, int64_t classes, const float* x, float* p, float* lse, float* y);
void entropy_grad(int64_t rows, int64_t classes, const float* x, const float* p, const float* lse,
                  const float* y, const float* dy, Slot dx);
void binary_cross_entropy(int64_t n, const float* x, const float* labels, const float* weights,
                          double total, float* off, float* loss);
void binary_cross_entropy_grad(int64_t n, const float* off, const float* weights, const float* dy,
                               float factor, Slot dx);

} // namespace qstar::engine::cpu
