#pragma once
// The processor as a device (device.h): loops over its kernels, by file.

#include "engine/base/parallel.h"
#include "engine/device/chunks.h"
#include "engine/device/device.h"

#include <memory>
#include <span>
#include <string>

namespace qstar::engine::on_cpu {

// d[i] (+)= f(i), in chunks.
template <class Function>
void add_each(const GradTarget& d, int64_t size, Function f) {
    if (!d.data) return;
    parallel_for(size, kMapGrain, [&](int64_t begin, int64_t end) {
        if (d.fresh) {
            for (int64_t i = begin; i < end; ++i) d.data[i] = f(i);
        } else {
            for (int64_t i = begin; i < end; ++i) d.data[i] += f(i);
        }
    });
}

void clear_if_fresh(const GradTarget& d, int64_t size);

// d[i] (+)= the sum over chunks of partial[chunk * stride + i], in order, so that the bytes do not
// depend on threads. Nothing where d is not wanted.
void sum_chunks(const GradTarget& d, int64_t width, int64_t chunks, int64_t stride,
                const float* partial);

class CpuDevice : public Device {
  public:
    const std::string& name() const override { return name_; }
    int64_t widest_activation() const override { return int64_t{1} << 20; }
    bool has_bf16() const override;
    bool is_host() const override { return true; }
    bool computes_on_calling_thread() const override { return true; }
    bool uses_process_memory() const override { return true; }

    std::shared_ptr<float> allocate(int64_t count) const override;
    void finish() const override {} // it always is
    void download(int64_t n, const float* from, float* to) const override;

    // cpu_device.cpp
    void fill(int64_t n, float value, float* x) const override;
    void gemm(const Gemm& product, Precision precision) const override;
    void attention(const float* qkv, float* out, float* lse, Attention shape) const override;
    void attention_grad(const float* qkv, const float* out, const float* lse, const float* dout,
                        GradTarget dqkv, Attention shape) const override;
    void rows_product(const Gemm& product) const override;
    double sum_of_squares(std::span<const std::span<const float>> pieces) const override;
    void adamw(int64_t n, float* p, const float* g, float* m, float* v,
               const AdamWStep& step) const override;

    // cpu_elementwise.cpp
    void add_scaled(int64_t n, float alpha, const float* x, GradTarget d) const override;
    void map(Map f, int64_t n, const float* x, float c0, float c1, float* y) const override;
    void map_grad(Map f, int64_t n, const float* x, const float* y, const float* dy, float c0,
                  float c1, GradTarget dx) const override;
    void zip(Zip f, int64_t n, const float* a, const float* b, float* y) const override;
    void zip_grad(Zip f, bool second, int64_t n, const float* a, const float* b, const float* dy,
                  GradTarget d) const override;
    void sum(int64_t n, const float* x, float* y) const override;
    void spread(int64_t n, const float* y, GradTarget d) const override;

    // cpu_rows.cpp
    void column_sums(int64_t rows, int64_t columns, const float* x, float* partial,
                     GradTarget d) const override;
    void layer_norm(int64_t rows, int64_t width, const float* x, const float* gain,
                    const float* bias, float eps, float* y, float* mean,
                    float* rstd) const override;
    void layer_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                         const float* dy, const float* mean, const float* rstd, GradTarget dx,
                         float* partial, GradTarget dgain, GradTarget dbias) const override;
    void embedding(int64_t rows, int64_t width, const int* tokens, const float* table,
                   const float* positions, int64_t time, float* y) const override;
    void embedding_grad(int64_t rows, int64_t width, const int* tokens, int64_t time,
                        const float* dy, GradTarget table, int64_t table_rows, GradTarget positions,
                        int64_t position_rows) const override;
    void gather_rows(int64_t count, int64_t width, const int* rows, const float* x,
                     float* y) const override;
    void gather_rows_grad(int64_t count, int64_t width, const int* rows, const float* dy,
                          GradTarget d, int64_t d_rows) const override;
    void sum_lists(int64_t lists, int64_t width, const int* first, const int* order, const float* x,
                   int64_t x_rows, GradTarget y) const override;
    void rms_norm(const RmsNorm& shape, const float* x, const float* gain, float* y,
                  float* rstd) const override;
    void rms_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                       const float* dy, const float* rstd, GradTarget dx, float* partial,
                       GradTarget dgain) const override;

    // cpu_llama.cpp
    void rotate(const Rotation& by, const float* x, int64_t ldx, GradTarget y,
                int64_t ldy) const override;
    void swiglu(int64_t rows, int64_t width, const float* gate, const float* up, int64_t ld,
                float* y) const override;
    void swiglu_grad(int64_t n, const float* gate, const float* up, const float* dy,
                     GradTarget dgate, GradTarget dup) const override;

    // cpu_losses.cpp
    void cross_entropy(int64_t rows, int64_t classes, const float* x, const int* targets,
                       const float* weights, double total, float* p, float* row_loss,
                       float* loss) const override;
    void cross_entropy_grad(int64_t rows, int64_t classes, const float* p, const int* targets,
                            const float* weights, const float* dy, float factor,
                            GradTarget dx) const override;
    void log_prob(int64_t rows, int64_t classes, const float* x, const int* targets, float* p,
                  float* y) const override;
    void log_prob_grad(int64_t rows, int64_t classes, const float* p, const int* targets,
                       const float* dy, GradTarget dx) const override;
    void entropy(int64_t rows, int64_t classes, const float* x, float* p, float* lse,
                 float* y) const override;
    void entropy_grad(int64_t rows, int64_t classes, const float* x, const float* p,
                      const float* lse, const float* y, const float* dy,
                      GradTarget dx) const override;
    void binary_cross_entropy(int64_t n, const float* x, const float* labels, const float* weights,
                              double total, float* off, float* loss) const override;
    void binary_cross_entropy_grad(int64_t n, const float* off, const float* weights,
                                   const float* dy, float factor, GradTarget dx) const override;

    // cpu_decoding.cpp
    void store_pages(const PagedRows& rows, const float* qkv) const override;
    void attend_pages(const PagedRows& rows, const float* qkv, float* out) const override;
    void copy_pages(int64_t count, const int* from, const int* to, int64_t page_size, float* memory,
                    int64_t size) const override;
    void draw_tokens(std::span<TokenDraw> draws, int64_t rows, int64_t vocab, int64_t classes,
                     const float* logits) const override;

  private:
    std::string name_ = "cpu";
};

} // namespace qstar::engine::on_cpu
