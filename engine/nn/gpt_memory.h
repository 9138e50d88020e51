#pragma once
// How much memory a training step takes, before it is taken.

#include "engine/nn/lora.h"

#include <string_view>

namespace qstar::engine {

// Bytes of tensors.
struct MemoryPlan {
    int64_t weights = 0; // adapters among them
    int64_t gradients =
        0; // of what is trained, and of a tree's nodes, if the batch is cut (gradient_tree.h)
    int64_t moments = 0;     // AdamW's two; Muon's one, and what its threads compute with
    int64_t activations = 0; // of a micro-batch, or of two side by side, forward and backward
    int64_t packed = 0;      // operands of products, of all threads
    int64_t total() const { return weights + gradients + moments + activations + packed; }
};

// Numbers that the tape holds at once for a micro-batch, forward and backward. Of the scalar head
// alone: what one block computes, which is forgotten when the next has read it.
int64_t activations(const GptConfig& config, int64_t sequences, int64_t time,
                    const Trains& trains = {});

// For next_token_gradient() and AdamW, or Muon, on sequences of `time` tokens, `batch` of them; of
// the scalar head alone for the loss of a reward model, a leaf of the batch at once.
MemoryPlan training_memory(const GptConfig& config, int64_t batch, int64_t time,
                           bool by_muon = false, const Trains& trains = {});

// "L6 D256 H8 T128 V512": layers, width, heads, context, vocabulary, in any order, with or
// without spaces; H may be missing (heads of 32, or one). A family's name may stand before them
// ("qwen3 L6 D256"), else it is gpt2; K2 are heads of keys and values, if they are fewer. Error
// naming the part that is wrong.
GptConfig parse_config(std::string_view text);

} // namespace qstar::engine
