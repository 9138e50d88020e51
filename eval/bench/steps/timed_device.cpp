#include "eval/bench/steps/timed_device.h"

namespace qstar::eval {

using engine::Attention, engine::AdamWStep, engine::Gemm, engine::GradTarget, engine::Map;
using engine::Precision, engine::RmsNorm, engine::Rotation, engine::Zip;
using Base = engine::on_cpu::CpuDevice;

// Adds its lifetime to a kind of work.
class Timing {
  public:
    Timing(const TimedDevice& device, Work work)
        : device_(device), at_(static_cast<size_t>(work)), begin_(device.now()) {}
    ~Timing() {
        if (device_.updating_ && at_ != static_cast<size_t>(Work::adamw)) return;
        device_.nanoseconds_[at_] += device_.now() - begin_;
        ++device_.calls_[at_];
    }
    Timing(const Timing&) = delete;
    Timing& operator=(const Timing&) = delete;

  private:
    const TimedDevice& device_;
    size_t at_;
    int64_t begin_;
};

int64_t TimedDevice::now() const { return static_cast<int64_t>(1e9 * clock_()); }

TimedDevice::Times TimedDevice::times() const {
    Times t;
    for (size_t i = 0; i < kWorks; ++i) {
        t.seconds[i] = 1e-9 * static_cast<double>(nanoseconds_[i]);
        t.calls[i] = calls_[i];
    }
    return t;
}

void TimedDevice::clear() const {
    for (size_t i = 0; i < kWorks; ++i) nanoseconds_[i] = calls_[i] = 0;
}

void TimedDevice::update(bool begins) const {
    const std::atomic<int64_t>& adamw = nanoseconds_[static_cast<size_t>(Work::adamw)];
    updating_ = begins;
    if (begins) {
        update_began_ = now();
        adamw_before_ = adamw;
        return;
    }
    constexpr auto kMuon = static_cast<size_t>(Work::muon);
    nanoseconds_[kMuon] += now() - update_began_ - (adamw - adamw_before_);
    ++calls_[kMuon];
}

void TimedDevice::fill(int64_t n, float value, float* x) const {
    const Timing t(*this, Work::elementwise);
    Base::fill(n, value, x);
}

void TimedDevice::gemm(const Gemm& product, Precision precision) const {
    const Timing t(*this, Work::product);
    Base::gemm(product, precision);
}

void TimedDevice::attention(const float* qkv, float* out, float* lse, Attention shape) const {
    const Timing t(*this, Work::attention);
    Base::attention(qkv, out, lse, shape);
}

void TimedDevice::attention_grad(const float* qkv, const float* out, const float* lse,
                                 const float* dout, GradTarget dqkv, Attention shape) const {
    const Timing t(*this, Work::attention);
    Base::attention_grad(qkv, out, lse, dout, dqkv, shape);
}

double TimedDevice::sum_of_squares(std::span<const std::span<const float>> pieces) const {
    const Timing t(*this, Work::adamw);
    return Base::sum_of_squares(pieces);
}

void TimedDevice::adamw(int64_t n, float* p, const float* g, float* m, float* v,
                        const AdamWStep& step) const {
    const Timing t(*this, Work::adamw);
    Base::adamw(n, p, g, m, v, step);
}

void TimedDevice::add_scaled(int64_t n, float alpha, const float* x, GradTarget d) const {
    const Timing t(*this, Work::elementwise);
    Base::add_scaled(n, alpha, x, d);
}

void TimedDevice::map(Map f, int64_t n, const float* x, float c0, float c1, float* y) const {
    const Timing t(*this, Work::elementwise);
    Base::map(f, n, x, c0, c1, y);
}

void TimedDevice::map_grad(Map f, int64_t n, const float* x, const float* y, const float* dy,
                           float c0, float c1, GradTarget dx) const {
    const Timing t(*this, Work::elementwise);
    Base::map_grad(f, n, x, y, dy, c0, c1, dx);
}

void TimedDevice::zip(Zip f, int64_t n, const float* a, const float* b, float* y) const {
    const Timing t(*this, Work::elementwise);
    Base::zip(f, n, a, b, y);
}

void TimedDevice::zip_grad(Zip f, bool second, int64_t n, const float* a, const float* b,
                           const float* dy, GradTarget d) const {
    const Timing t(*this, Work::elementwise);
    Base::zip_grad(f, second, n, a, b, dy, d);
}

void TimedDevice::column_sums(int64_t rows, int64_t columns, const float* x, float* partial,
                              GradTarget d) const {
    const Timing t(*this, Work::rows);
    Base::column_sums(rows, columns, x, partial, d);
}

void TimedDevice::layer_norm(int64_t rows, int64_t width, const float* x, const float* gain,
                             const float* bias, float eps, float* y, float* mean,
                             float* rstd) const {
    const Timing t(*this, Work::norm);
    Base::layer_norm(rows, width, x, gain, bias, eps, y, mean, rstd);
}

void TimedDevice::layer_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                                  const float* dy, const float* mean, const float* rstd,
                                  GradTarget dx, float* partial, GradTarget dgain,
                                  GradTarget dbias) const {
    const Timing t(*this, Work::norm);
    Base::layer_norm_grad(rows, width, x, gain, dy, mean, rstd, dx, partial, dgain, dbias);
}

void TimedDevice::rms_norm(const RmsNorm& shape, const float* x, const float* gain, float* y,
                           float* rstd) const {
    const Timing t(*this, Work::norm);
    Base::rms_norm(shape, x, gain, y, rstd);
}

void TimedDevice::rms_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                                const float* dy, const float* rstd, GradTarget dx, float* partial,
                                GradTarget dgain) const {
    const Timing t(*this, Work::norm);
    Base::rms_norm_grad(rows, width, x, gain, dy, rstd, dx, partial, dgain);
}

void TimedDevice::rotate(const Rotation& by, const float* x, int64_t ldx, GradTarget y,
                         int64_t ldy) const {
    const Timing t(*this, Work::elementwise);
    Base::rotate(by, x, ldx, y, ldy);
}

void TimedDevice::swiglu(int64_t rows, int64_t width, const float* gate, const float* up,
                         int64_t ld, float* y) const {
    const Timing t(*this, Work::elementwise);
    Base::swiglu(rows, width, gate, up, ld, y);
}

void TimedDevice::swiglu_grad(int64_t n, const float* gate, const float* up, const float* dy,
                              GradTarget dgate, GradTarget dup) const {
    const Timing t(*this, Work::elementwise);
    Base::swiglu_grad(n, gate, up, dy, dgate, dup);
}

void TimedDevice::embedding(int64_t rows, int64_t width, const int* tokens, const float* table,
                            const float* positions, int64_t time, float* y) const {
    const Timing t(*this, Work::rows);
    Base::embedding(rows, width, tokens, table, positions, time, y);
}

void TimedDevice::embedding_grad(int64_t rows, int64_t width, const int* tokens, int64_t time,
                                 const float* dy, GradTarget table, int64_t table_rows,
                                 GradTarget positions, int64_t position_rows) const {
    const Timing t(*this, Work::rows);
    Base::embedding_grad(rows, width, tokens, time, dy, table, table_rows, positions,
                         position_rows);
}

void TimedDevice::gather_rows(int64_t count, int64_t width, const int* rows, const float* x,
                              float* y) const {
    const Timing t(*this, Work::rows);
    Base::gather_rows(count, width, rows, x, y);
}

void TimedDevice::gather_rows_grad(int64_t count, int64_t width, const int* rows, const float* dy,
                                   GradTarget d, int64_t d_rows) const {
    const Timing t(*this, Work::rows);
    Base::gather_rows_grad(count, width, rows, dy, d, d_rows);
}

void TimedDevice::sum_lists(int64_t lists, int64_t width, const int* first, const int* order,
                            const float* x, int64_t x_rows, GradTarget y) const {
    const Timing t(*this, Work::rows);
    Base::sum_lists(lists, width, first, order, x, x_rows, y);
}

void TimedDevice::cross_entropy(int64_t rows, int64_t classes, const float* x, const int* targets,
                                const float* weights, double total, float* p, float* row_loss,
                                float* loss) const {
    const Timing t(*this, Work::loss);
    Base::cross_entropy(rows, classes, x, targets, weights, total, p, row_loss, loss);
}

void TimedDevice::cross_entropy_grad(int64_t rows, int64_t classes, const float* p,
                                     const int* targets, const float* weights, const float* dy,
                                     float factor, GradTarget dx) const {
    const Timing t(*this, Work::loss);
    Base::cross_entropy_grad(rows, classes, p, targets, weights, dy, factor, dx);
}

void TimedDevice::log_prob(int64_t rows, int64_t classes, const float* x, const int* targets,
                           float* p, float* y) const {
    const Timing t(*this, Work::loss);
    Base::log_prob(rows, classes, x, targets, p, y);
}

void TimedDevice::log_prob_grad(int64_t rows, int64_t classes, const float* p, const int* targets,
                                const float* dy, GradTarget dx) const {
    const Timing t(*this, Work::loss);
    Base::log_prob_grad(rows, classes, p, targets, dy, dx);
}

void TimedDevice::binary_cross_entropy(int64_t n, const float* x, const float* labels,
                                       const float* weights, double total, float* off,
                                       float* loss) const {
    const Timing t(*this, Work::loss);
    Base::binary_cross_entropy(n, x, labels, weights, total, off, loss);
}

void TimedDevice::binary_cross_entropy_grad(int64_t n, const float* off, const float* weights,
                                            const float* dy, float factor, GradTarget dx) const {
    const Timing t(*this, Work::loss);
    Base::binary_cross_entropy_grad(n, off, weights, dy, factor, dx);
}

} // namespace qstar::eval
