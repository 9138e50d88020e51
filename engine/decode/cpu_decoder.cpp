// The processor's decoder: the rows of a batch are cut into pieces, and a piece goes through
// all layers while it lies in the caches of its core.

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

class CpuDecoder : public BatchDecoder {
  public:
    explicit CpuDecoder(const Gpt& model);
    Tensor run(std::span<const DecoderRow> rows, int64_t feeds, KvCache& cache,
               DecoderHead head) override;

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
    void normalise(const Piece& piece, const DecoderNorm& norm);

    float* x(int64_t row) { return x_.data() + row * config_.width; }
    float* norm(int64_t row) { return norm_.data() + row * config_.width; }
    float* wide(int64_t row) { return wide_.data() + row * wide_width_; }

    GptConfig config_;
    DecoderWeights<PackedLinear> weights_;
    PackedLinear head_;
    Attention attention_; // of a row
    float epsilon_;       // of norms
    int64_t wide_width_;  // numbers of a row of wide_
    // Of the batch, kept for the next one. wide: queries, keys, values and the attended
    // values of a row, later the hidden layer of its MLP.
    std::span<const DecoderRow> rows_;
    std::vector<Piece> pieces_;
    std::vector<float> x_, norm_, wide_, scores_, out_;
};

CpuDecoder::CpuDecoder(const Gpt& model)
    : config_(model.config), weights_(decoder_weights<PackedLinear>(model, cpu_device())),
      head_(weights_.lm_head.empty() ? weights_.embedding : weights_.lm_head, {}, true),
      attention_{1, 1, config_.heads, kv_heads(config_), head_size(config_)},
      epsilon_(norm_epsilon(config_)),
      wide_width_(std::max(attention_.qkv_width() + attention_.width(),
                           weights_.blocks.front().widen.out())) {}

// Cuts the rows into pieces. How they are cut changes no result.
void CpuDecoder::plan() {
    const auto rows = static_cast<int64_t>(rows_.size());
    const int64_t workers = std::min<int64_t>(threads(), std::max<int64_t>(1, rows / kFewestRows));
    const int64_t rounds = (rows + workers * kMostRows - 1) / (workers * kMostRows);
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
    wide_.resize(static_cast<size_t>(rows * wide_width_));
    scores_.resize(pieces_.size() * static_cast<size_t>(config_.heads * kPagePositions *
                                                        KvCache::pages_of(config_.context)));
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
    float mean, rstd;
    for (int64_t r = piece.begin; r < piece.begin + piece.rows; ++r) {
        if (by.bias.empty())
            kernels().rms_norm(config_.width, x(r), by.gain.data(), epsilon_, norm(r), &rstd);
        else
            kernels().layer_norm(config_.width, x(r), by.gain.data(), by.bias.data(), epsilon_,
                                 norm(r), &mean, &rstd);
    }
}

// The first half of a layer: keys and values of the new tokens go into the cache.
void CpuDecoder::queries_keys_values(const Piece& piece, int64_t layer, KvCache& cache) {
    const auto& block = weights_.blocks[static_cast<size_t>(layer)];
    normalise(piece, block.ln_1);
    block.c_attn.apply(piece.rows, norm(piece.begin), wide(piece.begin));
    const int64_t size = attention_.size;
    for (int64_t i = 0; i < piece.rows; ++i) {
        const DecoderRow& row = rows_[static_cast<size_t>(piece.begin + i)];
        float* page = cache.pages(row.slot)[row.position / kPagePositions];
        const int64_t column = row.position % kPagePositions;
        float* const query = wide(piece.begin) + i * attention_.qkv_width();
        if (!weights_.turns.empty()) turn(block, row.position, query);
        const float* key = query + attention_.width();
        for (int64_t h = 0; h < attention_.kv_heads; ++h, key += size) {
            const int64_t part = h * size * kPagePositions;
            float* keys = page + cache.keys(layer) + part + column;
            for (int64_t d = 0; d < size; ++d) keys[d * kPagePositions] = key[d];
            std::copy_n(key + attention_.kv_width(), size,
                        page + cache.values(layer) + part + column * size);
        }
    }
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
    const int64_t width = config_.width, size = attention_.size, row_width = attention_.qkv_width();
    const float factor = 1.0f / std::sqrt(static_cast<float>(size));
    const Kernels& kernel = kernels();
    float* scores = scores_.data() + index * (scores_.size() / pieces_.size());
    const float* qkv = wide(piece.begin);
    float* attended = wide(piece.begin) + piece.rows * row_width;
    int64_t used = 0;
    for (int64_t i = 0; i < piece.rows; ++i) {
        const DecoderRow& row = rows_[static_cast<size_t>(piece.begin + i)];
        if (layer == config_.layers - 1) {
            if (!row.last) continue;
            if (used < i) std::copy_n(x(piece.begin + i), width, x(piece.begin + used));
        }
        kernel.attend_pages(row.position + 1, attention_.heads, attention_.group(), size,
                            cache.pages(row.slot), cache.keys(layer), cache.values(layer),
                            qkv + i * row_width, factor, scores,
                            attended + used * attention_.width());
        ++used;
    }
    piece.rows = used;
    block.c_proj.apply(used, attended, x(piece.begin), true);
    normalise(piece, block.ln_2);
    float* mlp = wide(piece.begin);
    block.widen.apply(used, norm(piece.begin), mlp);
    const int64_t wide = block.widen.out(), hidden = block.narrow.in();
    if (wide == hidden) {
        kernel.gelu(used * hidden, mlp, mlp);
    } else {
        // Gates and ups of a row; what they make moves to the front.
        for (int64_t i = 0; i < used; ++i)
            kernel.swiglu(hidden, mlp + i * wide, mlp + i * wide + hidden, mlp + i * hidden);
    }
    block.narrow.apply(used, mlp, x(piece.begin), true);
}

Tensor CpuDecoder::run(std::span<const DecoderRow> rows, int64_t feeds, KvCache& cache,
                       DecoderHead which) {
    const PackedLinear& head = which == DecoderHead::score ? weights_.score : head_;
    rows_ = rows;
    plan();
    out_.resize(static_cast<size_t>(feeds * head.out()));

    // Stage s ends layer s - 1 and begins layer s. Within a stage a piece needs nothing
    // of the others, but the next one may read the keys that they have written, unless
    // each feed lies in one piece.
    const auto stage = [&](size_t index, int64_t s) {
        Piece& piece = pieces_[index];
        if (s > 0) attend_and_mix(piece, index, s - 1, cache);
        if (s == 0) embed(piece);
        if (s < config_.layers) return queries_keys_values(piece, s, cache);
        normalise(piece, weights_.last_norm);
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
    return Tensor::view({feeds, head.out()}, out_.data(), cpu_device());
}

} // namespace

std::unique_ptr<BatchDecoder> cpu_decoder(const Gpt& model) {
    return std::make_unique<CpuDecoder>(model);
}

} // namespace qstar::engine
