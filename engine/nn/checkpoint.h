#pragma once
// A GPT and the whole state of its training as safetensors files.
//
// Tensor names are the family's (gpt.h); the configuration stands in the file's metadata ("layers",
// "heads", "width", "context", "vocab", "scalar_head"; where it is not gpt2, "family"; and what is
// not as the family has it: "hidden", "kv_heads", "head_size", "norm_epsilon", "rope_base",
// "tied"). A training state adds what the optimiser keeps (optimiser.h), the step and the random
// state, so that a run killed at any moment goes on to the same bytes; frozen weights are
// not in it: whoever goes on reads them where they came from. Files are replaced
// atomically.

#include "engine/nn/gpt.h"
#include "engine/optim/optimiser.h"

#include <map>
#include <optional>
#include <span>
#include <string>

namespace qstar::engine {

// Adapters (lora.h) are merged into the weights that they belong to.
void save_gpt(const std::string& path, const Gpt& model,
              const std::map<std::string, std::string>& metadata = {});

// A head on another model's trunk: of the model its head alone (lora.h: is_head), and in the
// metadata "trunk", the way to the file of the model that it was trained on, from this file's
// folder, and "trunk_sha256", that file's. So several heads share one trunk, and none keeps a copy
// of it.
void save_head(const std::string& path, const Gpt& model, const std::string& trunk,
               const std::map<std::string, std::string>& metadata = {});
// The file of the trunk of such a file; of a whole model's none.
std::optional<std::string> trunk_of(const std::string& path);

// The model of a file, of a head's with its trunk: Error if that is missing or another than the
// head was trained on.
// Error if the file is missing or truncated, lacks a tensor, has one too many or one of
// another shape, or holds a number that is not finite. On the processor large weights are the
// file's own pages (SafeTensorsReader::tensor()): what is trained leaves the file as it is.
Gpt load_gpt(const std::string& path);

struct TrainingState {
    int64_t step = 0;                         // steps done
    Random random;                            // of the batches
    std::map<std::string, std::string> notes; // anything else a stage must remember
};

void save_training(const std::string& path, Gpt& model, Optimiser& optimiser,
                   const TrainingState& state);

// Models that are trained side by side (a policy and its value function), in one file, so
// that none is ever a step ahead of the other. The names of a model's tensors begin with
// its prefix: "" for the first, "critic." for the other.
struct Trained {
    std::string prefix;
    Gpt* model;
    Optimiser* optimiser;
};
void save_training(const std::string& path, std::span<const Trained> models,
                   const TrainingState& state);
bool load_training(const std::string& path, std::span<const Trained> models, TrainingState& state);

// Puts what is trained, moments and state back. False if there is no such file; Error if it
// belongs to a model of another shape.
bool load_training(const std::string& path, Gpt& model, Optimiser& optimiser, TrainingState& state);

} // namespace qstar::engine
