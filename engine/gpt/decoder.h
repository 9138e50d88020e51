#pragma once
// Decoding with a key/value cache, many sequences at once.
//
// A Decoder has a number of slots, each the cache of one sequence. feed() appends
// tokens to any of them in one batch: the prompt in one go, then a token at a time.
// A sequence's logits do not depend on what else is in the batch (see gemm.h).
// Not synchronised.

#include "engine/gpt/gpt.h"

#include <span>
#include <vector>

namespace qstar::engine {

class Decoder {
  public:
    // The model must outlive the decoder and keep its weights while it is used.
    Decoder(const Gpt& model, int slots);

    struct Feed {
        int slot = 0;
        std::span<const int> tokens; // at least one
    };
    // Appends the tokens of each feed (no slot twice) and gives the logits after the
    // last token of each: (feeds, V), valid until the next call. Error if a sequence
    // becomes longer than the context.
    Tensor feed(std::span<const Feed> feeds);

    void clear(int slot);
    void copy(int from, int to); // the cache of one slot into another
    int length(int slot) const;  // tokens in the slot
    int slots() const { return static_cast<int>(length_.size()); }
    int64_t tokens_evaluated() const { return tokens_; } // since the decoder was made

  private:
    // For each slot, layer and head: keys as (head width, context), so that a row of
    // scores is one contiguous product, and values as (context, head width).
    float* keys(int slot, int64_t layer, int64_t head);
    float* values(int slot, int64_t layer, int64_t head);
    void attend(std::span<const Feed> feeds, int64_t layer, const float* qkv, float* out);
    void check(std::span<const Feed> feeds) const;

    const Gpt& model_;
    std::vector<int> length_;
    std::vector<float> keys_, values_;
    Tensor head_; // wte transposed, (C, V)
    std::vector<float> scratch_, logits_;
    int64_t tokens_ = 0;
};

// Draws a token from softmax(logits / temperature); temperature 0 takes the first
// largest. `log_prob`, if given, gets its log-probability at temperature 1.
int sample(std::span<const float> logits, float temperature, Random& random,
           float* log_prob = nullptr);

} // namespace qstar::engine
