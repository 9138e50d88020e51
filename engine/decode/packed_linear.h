#pragma once
// y = x W + b for a few rows at a time, with W packed once.
//
// gemm() reads W as it lies, or packs it for each product: in training the weights
// change with every step. In decoding they do not, and a product has few rows, so
// packing would be a good part of it. Here the columns of W lie in panels of 64, which
// one row block after another reads from first to last.
//
// On the calling thread. A row's bytes depend on the row alone: one chain of fused
// multiply-adds over ascending k, added to the bias.

#include "engine/tensor/tensor.h"

#include <cstdint>

namespace qstar::engine {

class PackedLinear {
  public:
    PackedLinear() = default;
    // On the processor: weight (in, out); or (out, in) when `transposed`; bias (out) or an empty
    // tensor.
    PackedLinear(const Tensor& weight, const Tensor& bias, bool transposed = false);

    int64_t in() const { return in_; }
    int64_t out() const { return out_; }

    // x (rows, in), y (rows, out). `add`: y += x W + b.
    void apply(int64_t rows, const float* x, float* y, bool add = false) const;

  private:
    int64_t in_ = 0, out_ = 0;
    Tensor panels_; // (in, 64) each, the last one narrower
    Tensor bias_;
};

} // namespace qstar::engine
