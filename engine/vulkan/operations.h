#pragma once
// The entries of the device table (device/device.h), by file.

#include "engine/device/device.h"

namespace qstar::engine::vulkan {

// elementwise.cpp
void fill(int64_t n, float value, float* x);
void add_scaled(int64_t n, float alpha, const float* x, Slot d);
void map(Map f, int64_t n, const float* x, float c0, float c1, float* y);
void map_grad(Map f, int64_t n, const float* x, const float* y, const float* dy, float c0, float c1,
              Slot dx);
void zip(Zip f, int64_t n, const float* a, const float* b, float* y);
void zip_grad(Zip f, bool second, int64_t n, const float* a, const float* b, const float* dy,
              Slot d);
void spread(int64_t n, const float* y, Slot d);

// product.cpp
void gemm(const Gemm& product, Precision precision);

// attention.cpp
void attention(const float* qkv, float* out, float* lse, Attention shape);
void attention_grad(const float* qkv, const float* out, const float* lse, const float* dout,
                    Slot dqkv, Attention shape);

// rows.cpp
void column_sums(int64_t rows, int64_t columns, const float* x, float* partial, Slot d);
void layer_norm(int64_t rows, int64_t width, const float* x, const float* gain, const float* bias,
                float* y, float* mean, float* rstd);
void layer_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                     const float* dy, const float* mean, const float* rstd, Slot dx, float* partial,
                     Slot dgain, Slot dbias);

// lookup.cpp
void embedding(int64_t rows, int64_t width, const int* tokens, const float* table,
               const float* positions, int64_t time, float* y);
void embedding_grad(int64_t rows, int64_t width, const int* tokens, int64_t time, const float* dy,
                    Slot table, int64_t table_rows, Slot positions, int64_t position_rows);
void gather_rows(int64_t count, int64_t width, const int* rows, const float* x, float* y);
void gather_rows_grad(int64_t count, int64_t width, const int* rows, const float* dy, Slot d,
                      int64_t d_rows);

// losses.cpp
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

// optimiser.cpp
void sum(int64_t n, const float* x, float* y);
double sum_of_squares(std::span<const std::span<const float>> pieces);
void adamw(int64_t n, float* p, const float* g, float* m, float* v, const AdamWStep& step);

} // namespace qstar::engine::vulkan
