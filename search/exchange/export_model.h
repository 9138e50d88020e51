#pragma once
// `qstar engine export`: a model of a run in the forms that others read, its tokenizer within.
//
//   hf    a folder: config.json, generation_config.json, model.safetensors, tokenizer.json,
//         tokenizer_config.json, special_tokens_map.json. A reward model is a classifier of one
//         label; config.json says how its score is read.
//   gguf  a file for llama.cpp, its matrices of that type, else F32. A reward model is a reranker
//         (gguf_model.h); of the family qwen3 only.
//
// It is made aside and renamed. What is there stays unless `force` is set, and then, too, where it
// is another thing than an export.

#include "engine/run/flags.h"

#include <string>

namespace qstar::search {

struct ExportOptions {
    std::string run = "runs/demo";
    std::string policy; // a model's file; empty: of the stage
    std::string stage = "sft";
    std::string format = "hf", type = "f32";
    std::string out;
    bool force = false, quiet = false;
};
void describe(Flags& f, ExportOptions& o);

void export_model(const ExportOptions& options);

} // namespace qstar::search
