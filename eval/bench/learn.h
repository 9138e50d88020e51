#pragma once
// `qstar eval bench learn`: how long until a model is good, in seconds and in tokens.
//
// With --text, nanoGPT's recipe for characters on a processor (4 layers, width 128, context 64,
// batch 12, 2,000 steps; github.com/karpathy/nanoGPT) until the loss on the text's last tenth is
// 1.88, its published one on tinyshakespeare: the recipe as it is, with Muon, and the demo's family
// with Muon, of as many layers and of two, beside the recipe in PyTorch on the same weights and
// batches. With --run, the demo's pre-training on the run's worksheets until its loss is 0.772:
// with Muon beside AdamW as it was. All take turns; the loss is looked at between them, unclocked.

#include "eval/bench/bench.h"

namespace qstar::eval {

// Error unless there is a text or a run.
void bench_learn(const BenchOptions& options);

} // namespace qstar::eval
