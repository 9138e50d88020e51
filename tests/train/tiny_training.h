#pragma once
// A pre-training of seconds.

#include "tests/train/quiet.h"
#include "train/supervised/pretrain.h"

#include <string>

namespace qstar::train {

inline PretrainOptions tiny_training(const std::string& run, int64_t steps) {
    PretrainOptions options = quiet<PretrainOptions>(run);
    options.layers = 1;
    options.width = 16;
    options.heads = 2;
    options.context = 64;
    options.loop.batch = 4;
    options.steps = steps;
    options.loop.warmup = 2;
    options.loop.lr = 1e-2;
    return options;
}

} // namespace qstar::train
