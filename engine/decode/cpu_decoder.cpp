// The processor's decoder. Of a small model the rows of a batch are cut into pieces, and a piece
// goes through all layers on one thread, while it lies in the caches of its core. Of a large one
// all rows go through a layer together, and the threads share the columns of each product: the
// weights come out of memory once.

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/decode/batch_decoder.h"
#include "engine/decode/decoder_weights.h"
#include "engine/decode/packed_linear.h"
#include "engine/device/device.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <vector>

namespace qstar::engine {

namespace {

// A piece has at most so many rows, and no fewer while other threads idle: the weights
// pass through a core's cache once a piece.
constexpr int64_t kMostRows = 48;
constexpr int64_t kFewestRows = 4;
// A model is large when its largest map has so many weights.
constexpr int64_t kLargeMap = 1 << 19;

class CpuDecoder : public BatchDecoder {
  public:
    explicit CpuDecoder(const Gpt& model);
    Tensor run(std::span<const DecoderRow> rows, int64_t feeds, KvCache& cache, int head) override;
    bool has_twin() const override { return !large_; }
    std::unique_ptr<BatchDecoder> twin() const override {
        return large_ ? nullptr : std::make_unique<CpuDecoder>(*this);
    }
    void add_head(const Gpt& judge) override { weights_.heads.emplace_back(head_parts(judge)); }
    Tensor read(std::span<const float* const> states, int head) override;

  private:
    // Rows that one thread takes through a layer, and what is left of them.
    struct Piece {
        int64_t begin = 0, rows = 0;
        int64_t feed = 0; // of its first row that is the last of a feed
    };

    void plan();
    void embed(const Piece& piece);
    void queries_keys_values(const Piece& piece, int64_t layer, KvCache& cache);
    void turn(const DecoderBlock<PackedLinear>& block, int position, float* query);
    void attend_and_mix(Piece& piece, size_t index, int64_t layer, const KvCache& cache);
    void attend(const Piece& piece, size_t index, int64_t layer, const KvCache& cache);
    void keep_last(Piece& piece);
    void keep_states(const Piece& piece, KvCache& cache);
    const PackedLinear& head(int which) const {
        return which == kTokenHead ? head_ : weights_.heads[static_cast<size_t>(which)];
    }
    void normalise(const Piece& piece, const DecoderNorm& norm);

    // What is done with each row: by all threads where the piece is all rows of a large model.
    void each_row(const Piece& piece, Body body) const;
    int64_t rows_a_thread(const Piece& piece) const {
        return (piece.rows + threads() - 1) / threads();
    }

    float* x(int64_t row) { return x_.data() + row * config_.width; }
    float* norm(int64_t row) { return norm_.data() + row * norm_stride_; }
    float* wide(int64_t row) { return wide_.data() + row * wide_stride_; }
    float* attended(int64_t row) { return wide(row) + attention_.qkv_width(); }
    void apply(const PackedLinear& map, const Piece& piece, const float* from, int64_t from_stride,
               float* to, int64_t to_stride, bool add = false) const {
        map.apply(piece.rows, from, from_stride, to, to_stride, add, large_);
    }

    GptConfig config_;
    DecoderWeights<PackedLinear> weights_;
    PackedLinear head_;
    Attention attention_; // of a row
    float epsilon_;       // of norms
    bool large_;
    int64_t norm_stride_, wide_stride_; // from row to row
    // Of the batch, kept for the next one. wide: queries, keys, values and the attended
    // values of a row, later the hidden layer of its MLP.
    std::span<const DecoderRow> rows_;
    std::vector<Piece> pieces_;
    std::vector<float> x_, norm_, wide_, scores_, out_;
    int64_t row_scores_ = 0; // of one row
};

// Rows of a product that are a multiple of 2 KiB apart would fight for the same few places of the
// first-level cache.
int64_t row_stride(int64_t width) {
    const int64_t lines = (width + 15) / 16 * 16;
    return lines % 512 == 0 ? lines + 16 : lines;
}

CpuDecoder::CpuDecoder(const Gpt& model)
    : config_(model.config),
      weights_(decoder_weights<PackedLinear>(
          model, cpu_device(), [](const LinearParts& parts) { return PackedLinear(parts); })),
      head_({{weights_.lm_head.empty() ? weights_.embedding : weights_.lm_head}, true, {}}),
      attention_{1, 1, config_.heads, kv_heads(config_), head_size(config_)},
      epsilon_(norm_epsilon(config_)),
      large_(weights_.blocks.front().widen.in() * weights_.blocks.front().widen.out() >= kLargeMap),
      norm_stride_(row_stride(config_.width)),
      wide_stride_(row_stride(std::max(attention_.qkv_width() + attention_.width(),
                                       weights_.blocks.front().widen.out()))) {}

void CpuDecoder::each_row(const Piece& piece, Body body) const {
    if (!large_) return body(piece.begin, piece.begin + piece.rows);
    parallel_for(piece.rows, rows_a_thread(piece),
                 [&](int64_t begin, int64_t end) { body(piece.begin + begin, piece.begin + end); });
}

// Cuts the rows into pieces. How they are cut changes no result.
void CpuDecoder::plan() {
    const auto rows = static_cast<int64_t>(rows_.size());
    const int64_t workers =
        std::min<int64_t>(free_threads(), std::max<int64_t>(1, rows / kFewestRows));
    const int64_t rounds = (rows + workers * kMostRows - 1) / (workers * kMostRows);
    const int64_t size = large_ ? rows : (rows + workers * rounds - 1) / (workers * rounds);
    pieces_.clear();
    int64_t feed = 0;
    for (int64_t begin = 0; begin < rows; begin += size) {
        pieces_.push_back({begin, std::min(size, rows - begin), feed});
        for (int64_t r = begin; r < std::min(begin + size, rows); ++r) {
            feed += rows_[static_cast<size_t>(r)].last;
        }
    }
    x_.resize(static_cast<size_t>(rows * config_.width));
    norm_.resize(static_cast<size_t>(rows * norm_stride_));
    wide_.resize(static_cast<size_t>(rows * wide_stride_));
    row_scores_ = config_.heads * kPagePositions * KvCache::pages_of(config_.context);
    scores_.resize(static_cast<size_t>((large_ ? threads() : std::ssize(pieces_)) * row_scores_));
}

void CpuDecoder::embed(const Piece& piece) {
    for (int64_t r = piece.begin; r < piece.begin + piece.rows; ++r) {
        const DecoderRow& row = rows_[static_cast<size_t>(r)];
        const float* token = weights_.embedding.data() + row.token * config_.width;
        if (weights_.positions.empty())
            std::copy_n(token, config_.width, x(r));
        else
            kernels().add(config_.width, token,
                          weights_.positions.data() + row.position * config_.width, x(r));
    }
}

void CpuDecoder::normalise(const Piece& piece, const DecoderNorm& by) {
    each_row(piece, [&](int64_t begin, int64_t end) {
        float mean, rstd;
        for (int64_t r = begin; r < end; ++r) {
            if (by.bias.empty())
                kernels().rms_norm(config_.width, x(r), by.gain.data(), epsilon_, norm(r), &rstd);
            else
                kernels().layer_norm(config_.width, x(r), by.gain.data(), by.bias.data(), epsilon_,
                                     norm(r), &mean, &rstd);
        }
    });
}

// The first half of a layer: keys and values of the new tokens go into the cache.
void CpuDecoder::queries_keys_values(const Piece& piece, int64_t layer, KvCache& cache) {
    const auto& block = weights_.blocks[static_cast<size_t>(layer)];
    normalise(piece, block.ln_1);
    apply(block.c_attn, piece, norm(piece.begin), norm_stride_, wide(piece.begin), wide_stride_);
    const int64_t size = attention_.size;
    each_row(piece, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            const DecoderRow& row = rows_[static_cast<size_t>(r)];
            float* page = cache.pages(row.slot)[row.position / kPagePositions];
            const int64_t column = row.position % kPagePositions;
            if (!weights_.turns.empty()) turn(block, row.position, wide(r));
            const float* key = wide(r) + attention_.width();
            for (int64_t h = 0; h < attention_.kv_heads; ++h, key += size) {
                const int64_t part = h * size * kPagePositions;
                float* keys = page + cache.keys(layer) + part + column;
                for (int64_t d = 0; d < size; ++d) keys[d * kPagePositions] = key[d];
                std::copy_n(key + attention_.kv_width(), size,
                            page + cache.values(layer) + part + column * size);
            }
        }
    });
}

// Queries and keys of one row, normalised where the family does so, and turned.
void CpuDecoder::turn(const DecoderBlock<PackedLinear>& block, int position, float* query) {
    const int64_t size = attention_.size;
    const float* by = weights_.turns.data() + position * size;
    float rstd;
    const auto turn_heads = [&](int64_t heads, const Tensor& gain) {
        for (int64_t h = 0; h < heads; ++h, query += size) {
            if (!gain.empty()) kernels().rms_norm(size, query, gain.data(), epsilon_, query, &rstd);
            kernels().rotate(size / 2, query, by, false, query, false);
        }
    };
    turn_heads(attention_.heads, block.q_norm);
    turn_heads(attention_.kv_heads, block.k_norm);
}

// The second half. In the last layer only the last token of a feed has a use for it;
// the rows of those move to the front of the piece.
void CpuDecoder::attend_and_mix(Piece& piece, size_t index, int64_t layer, const KvCache& cache) {
    const auto& block = weights_.blocks[static_cast<size_t>(layer)];
    attend(piece, index, layer, cache);
    if (layer == config_.layers - 1) keep_last(piece);
    apply(block.c_proj, piece, attended(piece.begin), wide_stride_, x(piece.begin), config_.width,
          true);
    normalise(piece, block.ln_2);
    apply(block.widen, piece, norm(piece.begin), norm_stride_, wide(piece.begin), wide_stride_);
    const int64_t hidden = block.narrow.in();
    const bool gated = block.widen.out() != hidden;
    each_row(piece, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            float* const mlp = wide(r); // gates, then ups
            if (gated)
                kernels().swiglu(hidden, mlp, mlp + hidden, mlp);
            else
                kernels().gelu(hidden, mlp, mlp);
        }
    });
    apply(block.narrow, piece, wide(piece.begin), wide_stride_, x(piece.begin), config_.width,
          true);
}

void CpuDecoder::attend(const Piece& piece, size_t index, int64_t layer, const KvCache& cache) {
    const float factor = 1.0f / std::sqrt(static_cast<float>(attention_.size));
    each_row(piece, [&](int64_t begin, int64_t end) {
        // The room for scores of this thread.
        const int64_t part = large_ ? begin / rows_a_thread(piece) : static_cast<int64_t>(index);
        for (int64_t r = begin; r < end; ++r) {
            const DecoderRow& row = rows_[static_cast<size_t>(r)];
            if (layer == config_.layers - 1 && !row.last) continue;
            kernels().attend_pages(row.position + 1, attention_.heads, attention_.group(),
                                   attention_.size, cache.pages(row.slot), cache.keys(layer),
                                   cache.values(layer), wide(r), factor,
                                   scores_.data() + part * row_scores_, attended(r));
        }
    });
}

void CpuDecoder::keep_last(Piece& piece) {
    int64_t to = piece.begin;
    for (int64_t r = piece.begin; r < piece.begin + piece.rows; ++r) {
        if (!rows_[static_cast<size_t>(r)].last) continue;
        if (to < r) {
            std::copy_n(x(r), config_.width, x(to));
            std::copy_n(attended(r), attention_.width(), attended(to));
        }
        ++to;
    }
    piece.rows = to - piece.begin;
}

// Those of the last tokens of the feeds, whose rows are in front.
void CpuDecoder::keep_states(const Piece& piece, KvCache& cache) {
    int64_t from = piece.begin;
    for (int64_t r = piece.begin; r < piece.begin + piece.rows; ++r, ++from) {
        while (!rows_[static_cast<size_t>(from)].last) ++from;
        const DecoderRow& row = rows_[static_cast<size_t>(from)];
        std::copy_n(norm(r), config_.width, cache.state(row.slot, row.position));
        cache.knows_state(row.slot, row.position);
    }
}

Tensor CpuDecoder::read(std::span<const float* const> states, int which) {
    const PackedLinear& by = head(which);
    const int64_t rows = std::ssize(states);
    norm_.resize(std::max(norm_.size(), static_cast<size_t>(rows * norm_stride_)));
    out_.resize(static_cast<size_t>(rows * by.out()));
    for (int64_t r = 0; r < rows; ++r)
        std::copy_n(states[static_cast<size_t>(r)], config_.width, norm(r));
    by.apply(rows, norm(0), norm_stride_, out_.data(), by.out());
    return Tensor::view({rows, by.out()}, out_.data(), cpu_device());
}

Tensor CpuDecoder::run(std::span<const DecoderRow> rows, int64_t feeds, KvCache& cache, int which) {
    const PackedLinear& asked = head(which);
    rows_ = rows;
    plan();
    out_.resize(static_cast<size_t>(feeds * asked.out()));

    // Stage s ends layer s - 1 and begins layer s. Within a stage a piece needs nothing
    // of the others, but the next one may read the keys that they have written, unless
    // each feed lies in one piece.
    const auto stage = [&](size_t index, int64_t s) {
        Piece& piece = pieces_[index];
        if (s > 0) attend_and_mix(piece, index, s - 1, cache);
        if (s == 0) embed(piece);
        if (s < config_.layers) return queries_keys_values(piece, s, cache);
        normalise(piece, weights_.last_norm);
        if (cache.keeps_states()) keep_states(piece, cache);
        apply(asked, piece, norm(piece.begin), norm_stride_, out_.data() + piece.feed * asked.out(),
              asked.out());
    };
    const auto count = static_cast<int64_t>(pieces_.size());
    const bool apart = std::all_of(pieces_.begin(), pieces_.end(), [&](const Piece& p) {
        return rows_[static_cast<size_t>(p.begin + p.rows - 1)].last;
    });
    if (count == 1 || apart) {
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
    return Tensor::view({feeds, asked.out()}, out_.data(), cpu_device());
}

} // namespace

std::unique_ptr<BatchDecoder> cpu_decoder(const Gpt& model) {
    return std::make_unique<CpuDecoder>(model);
}

} // namespace qstar::engine
