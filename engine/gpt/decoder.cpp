#include "engine/gpt/decoder.h"

#include "engine/device/device.h"
#include "engine/error.h"
#include "engine/parallel.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace qstar::engine {

namespace {

// A piece has at most so many rows, and no fewer while other threads idle: the weights
// pass through a core's cache once a piece.
constexpr int64_t most_rows = 48;
constexpr int64_t fewest_rows = 4;

} // namespace

Decoder::Decoder(const Gpt& model, int slots, int64_t pages)
    : config_(model.config), cache_(model.config, slots, pages) {
    const HostMemory here; // decoding is the processor's, whatever device trains
    const auto p = [&](const std::string& name) { return model.parameter(name).value.clone(); };
    const auto norm_of = [&](const std::string& name) {
        return Norm{p(name + ".weight"), p(name + ".bias")};
    };
    const auto linear_of = [&](const std::string& name) {
        return PackedLinear(p(name + ".weight"), p(name + ".bias"));
    };
    fed_.assign(static_cast<size_t>(slots), 0);
    wte_ = p("wte.weight");
    wpe_ = p("wpe.weight");
    for (int64_t layer = 0; layer < config_.layers; ++layer) {
        const std::string h = fmt::format("h.{}.", layer);
        blocks_.push_back({norm_of(h + "ln_1"), norm_of(h + "ln_2"), linear_of(h + "attn.c_attn"),
                           linear_of(h + "attn.c_proj"), linear_of(h + "mlp.c_fc"),
                           linear_of(h + "mlp.c_proj")});
    }
    ln_f_ = norm_of("ln_f");
    head_ = PackedLinear(wte_, {}, true);
    if (config_.scalar_head) score_ = linear_of("score");
}

int Decoder::checked(int slot) const {
    if (slot < 0 || slot >= slots()) fail("decoder: slot {} of {}", slot, slots());
    return slot;
}

void Decoder::check(std::span<const Feed> feeds) {
    ++checks_;
    for (const Feed& f : feeds) {
        int64_t& met = fed_[static_cast<size_t>(checked(f.slot))];
        if (met == checks_) fail("decoder: slot {} is fed twice in one batch", f.slot);
        met = checks_;
        if (f.tokens.empty()) fail("decoder: nothing to feed into slot {}", f.slot);
        const int64_t total = length(f.slot) + static_cast<int64_t>(f.tokens.size());
        if (total > config_.context) {
            fail("a sequence of {} tokens is longer than the model's context of {}", total,
                 config_.context);
        }
        for (const int token : f.tokens) {
            if (token < 0 || token >= config_.vocab) {
                fail("decoder: token {} is outside the vocabulary of {}", token, config_.vocab);
            }
        }
    }
}

int64_t Decoder::pages_needed(std::span<const Feed> feeds) {
    growths_.clear();
    for (const Feed& f : feeds) {
        growths_.push_back({checked(f.slot), static_cast<int64_t>(f.tokens.size())});
    }
    return cache_.pages_needed(growths_);
}

// Lays the tokens out as rows, makes room for them in the cache, and cuts the rows into
// pieces. How they are cut changes no result.
void Decoder::plan(std::span<const Feed> feeds) {
    check(feeds);
    rows_.clear();
    growths_.clear();
    for (const Feed& f : feeds) {
        int position = length(f.slot);
        for (const int token : f.tokens) rows_.push_back({f.slot, position++, token, false});
        rows_.back().last = true;
        growths_.push_back({f.slot, static_cast<int64_t>(f.tokens.size())});
    }
    cache_.extend(growths_);

    const auto rows = static_cast<int64_t>(rows_.size());
    const int64_t workers = std::min<int64_t>(threads(), std::max<int64_t>(1, rows / fewest_rows));
    const int64_t rounds = (rows + workers * most_rows - 1) / (workers * most_rows);
    const int64_t size = (rows + workers * rounds - 1) / (workers * rounds);
    pieces_.clear();
    int64_t feed = 0;
    for (int64_t begin = 0; begin < rows; begin += size) {
        pieces_.push_back({begin, std::min(size, rows - begin), feed});
        for (int64_t r = begin; r < std::min(begin + size, rows); ++r) {
            feed += rows_[static_cast<size_t>(r)].last;
        }
    }
    x_.resize(static_cast<size_t>(rows * config_.width));
    norm_.resize(x_.size());
    wide_.resize(4 * x_.size());
    scores_.resize(pieces_.size() * static_cast<size_t>(config_.heads * kPagePositions *
                                                        KvCache::pages_of(config_.context)));
    tokens_ += rows;
}

void Decoder::embed(const Piece& piece) {
    for (int64_t r = piece.begin; r < piece.begin + piece.rows; ++r) {
        const Row& row = rows_[static_cast<size_t>(r)];
        kernels().add(config_.width, wte_.data() + row.token * config_.width,
                      wpe_.data() + row.position * config_.width, x(r));
    }
}

void Decoder::normalise(const Piece& piece, const Norm& by) {
    float mean, rstd;
    for (int64_t r = piece.begin; r < piece.begin + piece.rows; ++r) {
        kernels().layer_norm(config_.width, x(r), by.gain.data(), by.bias.data(), norm(r), &mean,
                             &rstd);
    }
}

// The first half of a layer: keys and values of the new tokens go into the cache.
void Decoder::queries_keys_values(const Piece& piece, int64_t layer) {
    const Block& block = blocks_[static_cast<size_t>(layer)];
    normalise(piece, block.ln_1);
    block.c_attn.apply(piece.rows, norm(piece.begin), wide(piece.begin));
    const int64_t width = config_.width, size = width / config_.heads;
    for (int64_t i = 0; i < piece.rows; ++i) {
        const Row& row = rows_[static_cast<size_t>(piece.begin + i)];
        float* page = cache_.pages(row.slot)[row.position / kPagePositions];
        const int64_t column = row.position % kPagePositions;
        const float* key = wide(piece.begin) + i * 3 * width + width;
        for (int64_t h = 0; h < config_.heads; ++h, key += size) {
            const int64_t part = h * size * kPagePositions;
            float* keys = page + cache_.keys(layer) + part + column;
            for (int64_t d = 0; d < size; ++d) keys[d * kPagePositions] = key[d];
            std::copy_n(key + width, size, page + cache_.values(layer) + part + column * size);
        }
    }
}

// The second half. In the last layer only the last token of a feed has a use for it;
// the rows of those move to the front of the piece.
void Decoder::attend_and_mix(Piece& piece, size_t index, int64_t layer) {
    const Block& block = blocks_[static_cast<size_t>(layer)];
    const int64_t width = config_.width, size = width / config_.heads;
    const float factor = 1.0f / std::sqrt(static_cast<float>(size));
    const Kernels& kernel = kernels();
    float* scores = scores_.data() + index * (scores_.size() / pieces_.size());
    const float* qkv = wide(piece.begin);
    float* attended = wide(piece.begin) + piece.rows * 3 * width;
    int64_t used = 0;
    for (int64_t i = 0; i < piece.rows; ++i) {
        const Row& row = rows_[static_cast<size_t>(piece.begin + i)];
        if (layer == config_.layers - 1) {
            if (!row.last) continue;
            if (used < i) std::copy_n(x(piece.begin + i), width, x(piece.begin + used));
        }
        kernel.attend_pages(row.position + 1, config_.heads, size, cache_.pages(row.slot),
                            cache_.keys(layer), cache_.values(layer), qkv + i * 3 * width, factor,
                            scores, attended + used * width);
        ++used;
    }
    piece.rows = used;
    block.c_proj.apply(used, attended, x(piece.begin), true);
    normalise(piece, block.ln_2);
    float* mlp = wide(piece.begin);
    block.c_fc.apply(used, norm(piece.begin), mlp);
    kernel.gelu(used * 4 * width, mlp, mlp);
    block.mlp_proj.apply(used, mlp, x(piece.begin), true);
}

Tensor Decoder::run(std::span<const Feed> feeds, const PackedLinear& head) {
    if (feeds.empty()) return Tensor::view({0, head.out()}, nullptr);
    plan(feeds);
    const auto n = static_cast<int64_t>(feeds.size());
    out_.resize(static_cast<size_t>(n * head.out()));

    // Stage s ends layer s - 1 and begins layer s. Within a stage a piece needs nothing
    // of the others, but the next one may read the keys that they have written, unless
    // each feed lies in one piece.
    const auto stage = [&](size_t index, int64_t s) {
        Piece& piece = pieces_[index];
        if (s > 0) attend_and_mix(piece, index, s - 1);
        if (s == 0) embed(piece);
        if (s < config_.layers) return queries_keys_values(piece, s);
        normalise(piece, ln_f_);
        head.apply(piece.rows, norm(piece.begin), out_.data() + piece.feed * head.out());
    };
    const auto count = static_cast<int64_t>(pieces_.size());
    const bool apart = std::all_of(pieces_.begin(), pieces_.end(), [&](const Piece& p) {
        return rows_[static_cast<size_t>(p.begin + p.rows - 1)].last;
    });
    if (apart) {
        const auto all = [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                for (int64_t s = 0; s <= config_.layers; ++s) stage(static_cast<size_t>(i), s);
            }
        };
        parallel_for(count, 1, all);
    } else {
        for (int64_t s = 0; s <= config_.layers; ++s) {
            const auto one = [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; ++i) stage(static_cast<size_t>(i), s);
            };
            parallel_for(count, 1, one);
        }
    }
    return Tensor::view({n, head.out()}, out_.data());
}

Tensor Decoder::feed(std::span<const Feed> feeds) { return run(feeds, head_); }

Tensor Decoder::feed_scores(std::span<const Feed> feeds) {
    if (!config_.scalar_head) fail("the model has no scalar head: it is not a reward model");
    return run(feeds, score_);
}

} // namespace qstar::engine
