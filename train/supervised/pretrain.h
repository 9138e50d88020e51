#pragma once
// Pre-training: next-token prediction on the class's worksheets, or on any text.

#include "train/run/trainer.h"

#include <string>
#include <vector>

namespace qstar::train {

struct PretrainOptions {
    StageOptions stage;
    LoopOptions loop{.lr = 2e-3};
    std::string family = "gpt2"; // the architecture, see engine/nn/gpt_config.h
    int64_t layers = 4, width = 128, heads = 4, context = 128;
    // How the table of positions begins: random, or sinusoid (Vaswani et al. 2017), in which "one
    // back" is the same rotation everywhere. Meant for long contexts.
    std::string positions = "random";
    double epochs = 1;       // passes over the rows; may be a part of one
    int64_t steps = 0;       // instead of epochs, if not 0
    int64_t val_every = 500; // steps between two looks at the validation part; 0: at the end only
    int64_t val_rows = 256;  // of it, at most
    std::string text;        // a file of text instead of the worksheets
    std::vector<std::string> fields; // of its objects, if it is JSONL
    int64_t sample = 0;              // tokens to print at the end
    double temperature = 0.8;
};

// Makes DIR/pretrain/model.safetensors.
void describe(Flags& f, PretrainOptions& o);
Outcome pretrain(const PretrainOptions& options);

} // namespace qstar::train
