#pragma once
// Decoding with a key/value cache, many sequences at once.
//
// A Decoder has a number of slots, each the cache of one sequence (kv_cache.h). feed()
// appends tokens to any of them in one batch, prompts and single tokens mixed; a
// sequence joins by being fed and leaves by being fed no more. fork() makes a second
// sequence of one, which shares its pages.
//
// A sequence's logits do not depend on what else is in the batch, on the number of
// threads, or on whether its tokens came in one feed or in several: each row is computed
// by itself, in an order fixed by the row. After the largest batch has been seen once,
// feed() allocates nothing. Not synchronised; feed() itself uses all threads.

#include "engine/gpt/gpt.h"
#include "engine/gpt/kv_cache.h"
#include "engine/gpt/packed_linear.h"

#include <span>
#include <vector>

namespace qstar::engine {

class Decoder {
  public:
    // Packs the model's weights, so that the model may change afterwards, unseen. pages:
    // of the cache; 0: enough for all slots to be full. Error without a slot.
    explicit Decoder(const Gpt& model, int slots, int64_t pages = 0);

    struct Feed {
        int slot = 0;
        std::span<const int> tokens; // at least one
    };
    // Appends the tokens of each feed (no slot twice) and gives the logits after the
    // last token of each: (feeds, V), valid until the next call. Error, with nothing
    // changed, if a sequence becomes longer than the context or the pages do not suffice.
    Tensor feed(std::span<const Feed> feeds);
    // The same for a reward model: its score after the last token of each, (feeds, 1).
    // Error without a scalar head.
    Tensor feed_scores(std::span<const Feed> feeds);

    void clear(int slot) { cache_.clear(checked(slot)); }
    // `to` becomes what `from` is, without a copy of its numbers.
    void fork(int from, int to) { cache_.fork(checked(from), checked(to)); }
    void copy(int from, int to) { fork(from, to); } // the same, by its old name
    // Forgets the tokens from `length` on.
    void truncate(int slot, int length) { cache_.truncate(checked(slot), length); }
    int length(int slot) const { return cache_.length(checked(slot)); } // tokens in the slot
    int slots() const { return cache_.slots(); }

    int64_t pages() const { return cache_.pages(); }
    int64_t free_pages() const { return cache_.free_pages(); }
    int64_t pages_needed(std::span<const Feed> feeds); // by such a feed()

    const GptConfig& config() const { return config_; }
    int64_t tokens_evaluated() const { return tokens_; } // since the decoder was made

  private:
    struct Norm {
        Tensor gain, bias;
    };
    struct Block {
        Norm ln_1, ln_2;
        PackedLinear c_attn, c_proj, c_fc, mlp_proj;
    };
    // A row of the batch: one token of one sequence.
    struct Row {
        int slot = 0;
        int position = 0;
        int token = 0;
        bool last = false; // of its feed
    };
    // Rows that one thread takes through a layer, and what is left of them.
    struct Piece {
        int64_t begin = 0, rows = 0;
        int64_t feed = 0; // of its first row that is the last of a feed
    };

    Tensor run(std::span<const Feed> feeds, const PackedLinear& head);
    int checked(int slot) const; // Error if there is no such slot
    void check(std::span<const Feed> feeds);
    void plan(std::span<const Feed> feeds);
    void embed(const Piece& piece);
    void queries_keys_values(const Piece& piece, int64_t layer);
    void attend_and_mix(Piece& piece, size_t index, int64_t layer);
    void normalise(const Piece& piece, const Norm& norm);

    float* x(int64_t row) { return x_.data() + row * config_.width; }
    float* norm(int64_t row) { return norm_.data() + row * config_.width; }
    float* wide(int64_t row) { return wide_.data() + row * 4 * config_.width; }

    GptConfig config_;
    Tensor wte_, wpe_;
    std::vector<Block> blocks_;
    Norm ln_f_;
    PackedLinear head_, score_;
    KvCache cache_;
    // Of the batch, kept for the next one. wide: queries, keys, values and the attended
    // values of a row, later the hidden layer of its MLP.
    std::vector<KvCache::Growth> growths_;
    std::vector<int64_t> fed_; // by slot: the number of the last check() that met it
    int64_t checks_ = 0;
    std::vector<Row> rows_;
    std::vector<Piece> pieces_;
    std::vector<float> x_, norm_, wide_, scores_, out_;
    int64_t tokens_ = 0;
};

} // namespace qstar::engine
