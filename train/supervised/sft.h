#pragma once
// Supervised fine-tuning on the curated set: the loss is on the solution's tokens
// only, so that the model learns how to answer and not what to ask (the first step of
// Ouyang et al., "Training language models to follow instructions", 2022).

#include "train/data/corpus.h"
#include "train/run/trainer.h"

#include <span>
#include <string>

namespace qstar::train {

struct SftOptions {
    StageOptions stage;
    LoopOptions loop{.lr = 3e-5, .warmup = 2, .weight_decay = 0};
    int64_t epochs = 1;
    int64_t items = 0; // use only the first so many of the curated set; 0: all
    std::string file;  // of items, instead of the curated set: of its form or GSM8K's (corpus.h)
    std::string name = "sft"; // folder in the run
};

// DIR/pretrain/model.safetensors + DIR/corpus/curated.jsonl -> DIR/NAME/model.safetensors
void describe(Flags& f, SftOptions& o);
Outcome sft(const SftOptions& options);

// The loop, for every stage that imitates solutions (star.h, self_play.h, distil.h too):
// trains `model`, of the file `from`, on the items, but for those of validation_problem(), and
// finishes the stage. Error naming `where` if there are no items, or one that is longer than the
// context.
Outcome imitate(const LoopOptions& options, int64_t epochs, Stage& stage, engine::Gpt model,
                const std::string& from, std::span<const CuratedItem> items,
                const std::string& where);

} // namespace qstar::train
