#include "engine/decode/packed_linear.h"

#include "engine/base/parallel.h"
#include "engine/kernels/kernels.h"

#include <algorithm>

namespace qstar::engine {

namespace {
constexpr int64_t kPanel = 64;
} // namespace

PackedLinear::PackedLinear(const Tensor& weight, const Tensor& bias, bool transposed)
    : in_(weight.shape()[transposed ? 1 : 0]), out_(weight.shape()[transposed ? 0 : 1]) {
    bias_ = bias.empty() ? Tensor::zeros({out_}, cpu_device()) : bias.clone(cpu_device());
    panels_ = Tensor::zeros({in_, out_}, cpu_device());
    parallel_for((out_ + kPanel - 1) / kPanel, 1, [&](int64_t first, int64_t last) {
        for (int64_t j = first * kPanel; j < std::min(out_, last * kPanel); j += kPanel) {
            const int64_t columns = std::min(kPanel, out_ - j);
            float* const panel = panels_.data() + j * in_;
            for (int64_t from = 0; from < in_; from += kPanel) { // so that both stay in the caches
                const int64_t to = std::min(in_, from + kPanel);
                for (int64_t i = 0; i < columns; ++i)
                    for (int64_t k = from; k < to; ++k)
                        panel[k * columns + i] =
                            weight[transposed ? (j + i) * in_ + k : k * out_ + j + i];
            }
        }
    });
}

void PackedLinear::apply(int64_t rows, const float* x, float* y, bool add) const {
    const Kernels& kernel = kernels();
    for (int64_t r = 0; r < rows; ++r) {
        float* row = y + r * out_;
        if (add) {
            kernel.add(out_, row, bias_.data(), row);
        } else {
            std::copy_n(bias_.data(), out_, row);
        }
    }
    for (int64_t j = 0; j < out_; j += kPanel) {
        const int64_t columns = std::min(kPanel, out_ - j);
        kernel.tile(rows, columns, in_, x, in_, 1, panels_.data() + j * in_, columns, y + j, out_,
                    true);
    }
}

} // namespace qstar::engine
