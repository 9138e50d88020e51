#pragma once
// How a decoder's batch goes through the model: row by row on the processor, or operation by
// operation on another device.

#include "engine/decode/kv_cache.h"
#include "engine/nn/gpt.h"

#include <memory>
#include <span>

namespace qstar::engine {

// A row of the batch: one token of one sequence, which has room in the cache for it.
struct DecoderRow {
    int slot = 0;
    int position = 0;
    int token = 0;
    bool last = false; // of its feed
};

// Which head is asked: the model's own of the next token, or the one of this number.
inline constexpr int kTokenHead = -1;

// The model's weights, copied, and the memory of a batch, kept for the next one.
class BatchDecoder {
  public:
    virtual ~BatchDecoder() = default;
    // What the head says after the rows that are the last of their feeds: (feeds, outputs),
    // in the memory of the device, valid until the next call. It need not be there yet.
    // Keys and values of all rows go into the cache, and the states that the head was asked of
    // where the cache keeps them.
    virtual Tensor run(std::span<const DecoderRow> rows, int64_t feeds, KvCache& cache,
                       int head) = 0;
    // One more head, copied: the scalar one of `judge`, or its next token's if it has none.
    virtual void add_head(const Gpt& judge) = 0;
    // The same of what was kept after the last norm: a row each, (rows, outputs).
    virtual Tensor read(std::span<const float* const> states, int head) = 0;
    // One for another thread and another cache, whose weights are these and no copy. None where
    // one batch takes all threads.
    virtual bool has_twin() const { return false; }
    virtual std::unique_ptr<BatchDecoder> twin() const { return nullptr; }
};

std::unique_ptr<BatchDecoder> cpu_decoder(const Gpt& model);
std::unique_ptr<BatchDecoder> device_decoder(const Gpt& model, const Device& device);

} // namespace qstar::engine
