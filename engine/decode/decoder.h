#pragma once
// Decoding with a key/value cache, many sequences at once.
//
// A Decoder has a number of slots, each the cache of one sequence (kv_cache.h). feed()
// appends tokens to any of them in one batch, prompts and single tokens mixed; a
// sequence joins by being fed and leaves by being fed no more. fork() makes a second
// sequence of one, which shares its pages. The weights and the cache lie on the decoder's
// device, and it is computed there.
//
// A sequence's logits do not depend on what else is in the batch, on the number of
// threads, or on whether its tokens came in one feed or in several: each row is computed
// by itself, in an order fixed by the row. After the largest batch has been seen once,
// feed() allocates nothing. Not synchronised; feed() itself uses all threads.

#include "engine/decode/batch_decoder.h"
#include "engine/decode/sampling.h"
#include "engine/device/device.h"

#include <memory>
#include <span>
#include <vector>

namespace qstar::engine {

class Decoder {
  public:
    // Copies the model's weights, so that the model may change afterwards, unseen. pages:
    // of the cache; 0: enough for all slots to be full. Error without a slot.
    explicit Decoder(const Gpt& model, int slots, int64_t pages = 0,
                     const Device& device = engine::device());

    // The same weights with a cache of its own: two threads may each feed one of them. Error where
    // the decoder has no twin.
    Decoder(const Decoder& of, int slots, int64_t pages);
    // It has where a thread takes a batch through all layers alone: on the processor, of a model
    // that is not large.
    bool has_twin() const { return batch_decoder_->has_twin(); }

    struct Feed {
        int slot = 0;
        std::span<const int> tokens; // at least one
    };
    // Appends the tokens of each feed (no slot twice) and gives the logits after the
    // last token of each: (feeds, V), valid until the next call. Error, with nothing
    // changed, if a sequence becomes longer than the context or the pages do not suffice.
    Tensor feed(std::span<const Feed> feeds);
    // The same by another head than the model's own of the next token: what it says after the last
    // token of each, (feeds, outputs). A reward model's scalar head has the number 0. Error without
    // such a head.
    Tensor feed_scores(std::span<const Feed> feeds, int head = 0);

    // Several heads on one trunk. One more, copied from a model that has the same weights but for
    // its head (checkpoint.h: trunk_of): the scalar one or, if it has none, the next token's. Gives
    // its number. From now on what the trunk says after the last token of each feed is kept beside
    // its keys and values, on the processor. Error for another width or vocabulary.
    int add_head(const Gpt& judge);
    struct Place {
        int slot = 0, position = 0;
    };
    // Whether what the trunk said after the token there was kept.
    bool can_read(Place place) const {
        return cache_.has_state(checked(place.slot), place.position);
    }
    // What a head says there, (places, outputs), bit for bit what feed_scores() said or would have
    // said: the head alone is evaluated. Error where nothing was kept.
    Tensor read(std::span<const Place> places, int head);

    // Feeds, and draws tokens from what the model says after each feed: TokenDraw::row is the
    // feed's, and draws from one row stand together. Only tokens below `classes` are drawn.
    // What is read from a device are the tokens alone. Error as feed(), and for settings
    // that make no sense (sampling.h).
    void feed_and_draw(std::span<const Feed> feeds, std::span<TokenDraw> draws, int64_t classes);

    void clear(int slot) { cache_.clear(checked(slot)); }
    // `to` becomes what `from` is, without a copy of its numbers.
    void fork(int from, int to) { cache_.fork(checked(from), checked(to)); }
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
    Tensor run(std::span<const Feed> feeds, int head);
    Tensor fetched(const Tensor& found);
    int checked(int slot) const; // Error if there is no such slot
    size_t checked_head(int head) const;
    void check(std::span<const Feed> feeds);

    const Device& device_;
    GptConfig config_;
    std::vector<int64_t> heads_; // outputs of each
    KvCache cache_;
    std::unique_ptr<BatchDecoder> batch_decoder_;
    // Of the batch, kept for the next one.
    std::vector<KvCache::Growth> growths_;
    std::vector<int64_t> fed_; // by slot: the number of the last check() that met it
    int64_t checks_ = 0;
    std::vector<DecoderRow> rows_;
    std::vector<const float*> states_;
    std::vector<float> out_;
    int64_t tokens_ = 0;
};

} // namespace qstar::engine
