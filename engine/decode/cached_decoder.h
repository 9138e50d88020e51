#pragma once
// A decoder with what it has read kept (prefix_cache.h): a policy's, or a reward model's. Several
// may share one, if their models have one trunk: what one has read, the others need not read.

#include "engine/decode/decoder.h"
#include "engine/decode/prefix_cache.h"

namespace qstar::engine {

struct CachedDecoder {
    static constexpr int kKeptToSlots = 8; // kept sequences for each at once

    // Slots [0, at_once) are for those at work, one after another; the cache has room for so many
    // contexts. keep: what was evaluated, for later calls; changes no result.
    CachedDecoder(const Gpt& model, int at_once, bool keep)
        : decoder(model, at_once * (1 + kKeptToSlots),
                  at_once * KvCache::pages_of(model.config.context)),
          kept(decoder, at_once, keep ? at_once * kKeptToSlots : 0) {}

    // A twin (decoder.h) of another one's decoder.
    CachedDecoder(const CachedDecoder& of, int at_once, bool keep)
        : decoder(of.decoder, at_once * (1 + kKeptToSlots),
                  at_once * KvCache::pages_of(of.decoder.config().context)),
          kept(decoder, at_once, keep ? at_once * kKeptToSlots : 0) {}

    Decoder decoder;
    PrefixCache kept;
};

} // namespace qstar::engine
