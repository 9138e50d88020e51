#pragma once
// `qstar eval bench vulkan`: a GPU by Vulkan against PyTorch on the same GPU (where a Python
// with PyTorch and CUDA is found) and against this program's own processor engine.
//
// Products in GFLOP/s and whole training steps in tokens a second, fp32 on every side. A turn
// is begun and ended with an idle device; before the first one the device warms up.

#include "eval/bench/bench.h"

namespace qstar::eval {

// On the device of --device, or the best that Vulkan offers. Error where there is none.
void bench_vulkan(const BenchOptions& options);

} // namespace qstar::eval
