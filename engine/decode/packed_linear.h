#pragma once
// y = x W + b with W packed once.
//
// gemm() packs W for each product, or reads it as it lies: in training the weights change with
// every step. In decoding they do not, so they lie in panels of as many columns as the kernels
// keep in registers, and every product reads each panel once, from first to last. One row or a
// few are bound by how fast that goes: several panels are read side by side. Of many rows a part
// of a panel stays in the first-level cache while all of them pass (Goto and van de Geijn 2008).
//
// A row's bytes depend on the row alone: one chain of fused multiply-adds over ascending k, added
// to the bias.

#include "engine/tensor/tensor.h"

#include <cstdint>
#include <vector>

namespace qstar::engine {

struct Kernels;

// A linear map as a model has it: one weight (in, out), or, `out_in`, weights (out, in) of maps
// side by side; the bias (all outs) or an empty tensor.
struct LinearParts {
    std::vector<Tensor> weights;
    bool out_in = false;
    Tensor bias;

    int64_t in() const { return weights.front().shape()[out_in ? 1 : 0]; }
    int64_t out() const;
};

class PackedLinear {
  public:
    PackedLinear() = default;
    explicit PackedLinear(const LinearParts& parts); // on the processor, for the kernels in use

    int64_t in() const { return in_; }
    int64_t out() const { return out_; }

    // x (rows, in), y (rows, out), their rows so far apart. `add`: y += x W + b. `shared`: all
    // threads take columns of it; else it is done on the calling thread.
    void apply(int64_t rows, const float* x, int64_t ldx, float* y, int64_t ldy, bool add = false,
               bool shared = false) const;

  private:
    void columns(int64_t rows, const float* x, int64_t ldx, float* y, int64_t ldy, int64_t begin,
                 int64_t end, bool add) const;
    void many_rows(int64_t rows, const float* x, int64_t ldx, float* y, int64_t ldy, int64_t begin,
                   int64_t end, bool add) const;

    const Kernels* kernels_ = nullptr;
    int64_t in_ = 0, out_ = 0;
    Tensor panels_; // (in, nr) each, the last one filled up with 0
    Tensor bias_;
};

} // namespace qstar::engine
