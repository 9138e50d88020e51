#pragma once
// The processor with a clock at every operation: where the time of a training step goes.
//
// Make it the device in use before the model and the tape are made. Operations of several threads
// at once count each with its own time. Muon calls the same products as the model does, so the
// caller says when the optimiser begins and ends.

#include "engine/device/cpu_device.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace qstar::eval {

enum class Work { product, attention, norm, elementwise, rows, loss, adamw, muon };
inline constexpr std::array<const char*, 8> kWorkNames = {
    "products",          "attention",          "norms", "elementwise, SwiGLU, rotary",
    "embedding, gather", "softmax and losses", "AdamW", "Muon"};

class TimedDevice final : public engine::on_cpu::CpuDevice {
  public:
    // clock: gives seconds.
    explicit TimedDevice(double (*clock)()) : clock_(clock) {}

    struct Times {
        std::array<double, kWorkNames.size()> seconds = {};
        std::array<int64_t, kWorkNames.size()> calls = {};
    };
    Times times() const;
    void clear() const;
    // The optimiser at work: what is not AdamW's is Muon's, of the time of the thread that calls.
    void update(bool begins) const;

    void fill(int64_t n, float value, float* x) const override;
    void gemm(const engine::Gemm& product, engine::Precision precision) const override;
    void attention(const float* qkv, float* out, float* lse,
                   engine::Attention shape) const override;
    void attention_grad(const float* qkv, const float* out, const float* lse, const float* dout,
                        engine::GradTarget dqkv, engine::Attention shape) const override;
    double sum_of_squares(std::span<const std::span<const float>> pieces) const override;
    void adamw(int64_t n, float* p, const float* g, float* m, float* v,
               const engine::AdamWStep& step) const override;
    void add_scaled(int64_t n, float alpha, const float* x, engine::GradTarget d) const override;
    void map(engine::Map f, int64_t n, const float* x, float c0, float c1, float* y) const override;
    void map_grad(engine::Map f, int64_t n, const float* x, const float* y, const float* dy,
                  float c0, float c1, engine::GradTarget dx) const override;
    void zip(engine::Zip f, int64_t n, const float* a, const float* b, float* y) const override;
    void zip_grad(engine::Zip f, bool second, int64_t n, const float* a, const float* b,
                  const float* dy, engine::GradTarget d) const override;
    void column_sums(int64_t rows, int64_t columns, const float* x, float* partial,
                     engine::GradTarget d) const override;
    void layer_norm(int64_t rows, int64_t width, const float* x, const float* gain,
                    const float* bias, float eps, float* y, float* mean,
                    float* rstd) const override;
    void layer_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                         const float* dy, const float* mean, const float* rstd,
                         engine::GradTarget dx, float* partial, engine::GradTarget dgain,
                         engine::GradTarget dbias) const override;
    void rms_norm(const engine::RmsNorm& shape, const float* x, const float* gain, float* y,
                  float* rstd) const override;
    void rms_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                       const float* dy, const float* rstd, engine::GradTarget dx, float* partial,
                       engine::GradTarget dgain) const override;
    void rotate(const engine::Rotation& by, const float* x, int64_t ldx, engine::GradTarget y,
                int64_t ldy) const override;
    void swiglu(int64_t rows, int64_t width, const float* gate, const float* up, int64_t ld,
                float* y) const override;
    void swiglu_grad(int64_t n, const float* gate, const float* up, const float* dy,
                     engine::GradTarget dgate, engine::GradTarget dup) const override;
    void embedding(int64_t rows, int64_t width, const int* tokens, const float* table,
                   const float* positions, int64_t time, float* y) const override;
    void embedding_grad(int64_t rows, int64_t width, const int* tokens, int64_t time,
                        const float* dy, engine::GradTarget table, int64_t table_rows,
                        engine::GradTarget positions, int64_t position_rows) const override;
    void gather_rows(int64_t count, int64_t width, const int* rows, const float* x,
                     float* y) const override;
    void gather_rows_grad(int64_t count, int64_t width, const int* rows, const float* dy,
                          engine::GradTarget d, int64_t d_rows) const override;
    void sum_lists(int64_t lists, int64_t width, const int* first, const int* order, const float* x,
                   int64_t x_rows, engine::GradTarget y) const override;
    void cross_entropy(int64_t rows, int64_t classes, const float* x, const int* targets,
                       const float* weights, double total, float* p, float* row_loss,
                       float* loss) const override;
    void cross_entropy_grad(int64_t rows, int64_t classes, const float* p, const int* targets,
                            const float* weights, const float* dy, float factor,
                            engine::GradTarget dx) const override;
    void log_prob(int64_t rows, int64_t classes, const float* x, const int* targets, float* p,
                  float* y) const override;
    void log_prob_grad(int64_t rows, int64_t classes, const float* p, const int* targets,
                       const float* dy, engine::GradTarget dx) const override;
    void binary_cross_entropy(int64_t n, const float* x, const float* labels, const float* weights,
                              double total, float* off, float* loss) const override;
    void binary_cross_entropy_grad(int64_t n, const float* off, const float* weights,
                                   const float* dy, float factor,
                                   engine::GradTarget dx) const override;

  private:
    friend class Timing;
    int64_t now() const; // nanoseconds

    double (*clock_)();
    static constexpr size_t kWorks = kWorkNames.size();
    mutable std::array<std::atomic<int64_t>, kWorks> nanoseconds_ = {}, calls_ = {};
    mutable bool updating_ = false;
    mutable int64_t update_began_ = 0, adamw_before_ = 0;
};

} // namespace qstar::eval
