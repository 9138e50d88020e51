// The decoder of a device that is not the processor: the whole batch goes through the model
// operation by operation, and nothing waits.

#include "engine/base/error.h"
#include "engine/decode/batch_decoder.h"
#include "engine/decode/decoder_weights.h"
#include "engine/device/device.h"

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

namespace qstar::engine {

namespace {

// Memory of a batch that grows to that of the largest one.
class GrowingBuffer {
  public:
    explicit GrowingBuffer(const Device& device) : device_(device) {}
    float* of(int64_t count) {
        if (count > count_) {
            data_ = {}; // first: there may not be room for both
            data_ = device_.allocate(2 * count);
            count_ = 2 * count;
        }
        return data_.get();
    }

  private:
    const Device& device_;
    std::shared_ptr<float> data_;
    int64_t count_ = 0;
};

class DeviceDecoder : public BatchDecoder {
  public:
    DeviceDecoder(const Gpt& model, const Device& device);
    Tensor run(std::span<const DecoderRow> rows, int64_t feeds, KvCache& cache, int head) override;
    void add_head(const Gpt& judge) override {
        weights_.heads.push_back(linear(head_parts(judge)));
    }
    Tensor read(std::span<const float* const>, int) override {
        fail("a device keeps no states"); // nor does its cache say so
    }

  private:
    struct Linear {
        Tensor weight, bias; // weight (in, out)
    };
    // Of the batch, as the operations want it. What is needed in each layer lies on the device.
    struct Plan {
        const int *tokens, *position, *last; // last: the row that ends each feed
        PagedRows pages;
    };

    Linear linear(const LinearParts& parts) const;
    Plan plan(std::span<const DecoderRow> rows, const KvCache& cache);
    void normalise(int64_t rows, const float* x, const DecoderNorm& by, float* y);
    void turn(const DecoderBlock<Linear>& block, const PagedRows& pages, float* qkv);
    static Gemm product(int64_t rows, const float* x, const Linear& by, float* y);

    const Device& device_;
    GptConfig config_;
    DecoderWeights<Linear> weights_;
    float epsilon_; // of norms
    std::vector<int> tokens_, last_, paged_;
    GrowingBuffer x_{device_}, norm_{device_}, wide_{device_}, hidden_{device_}, attended_{device_},
        ends_{device_}, moments_{device_}, out_{device_}, there_{device_};
};

DeviceDecoder::DeviceDecoder(const Gpt& model, const Device& device)
    : device_(device), config_(model.config),
      weights_(decoder_weights<Linear>(model, device,
                                       [&](const LinearParts& parts) { return linear(parts); })),
      epsilon_(norm_epsilon(config_)) {}

DeviceDecoder::Linear DeviceDecoder::linear(const LinearParts& parts) const {
    return {together(parts, device_), parts.bias.empty() ? Tensor() : parts.bias.clone(device_)};
}

DeviceDecoder::Plan DeviceDecoder::plan(std::span<const DecoderRow> rows, const KvCache& cache) {
    const size_t n = rows.size();
    tokens_.clear();
    last_.clear();
    paged_.assign(2 * n, 0); // position and first page of each row, then the lists of pages
    for (size_t r = 0; r < n; ++r) {
        const DecoderRow& row = rows[r];
        tokens_.push_back(row.token);
        paged_[r] = row.position;
        paged_[n + r] = static_cast<int>(paged_.size() - 2 * n);
        if (!row.last) continue;
        last_.push_back(static_cast<int>(r));
        for (const float* page : cache.page_list(row.slot)) paged_.push_back(cache.number(page));
    }
    auto* const there = reinterpret_cast<int*>(there_.of(std::ssize(paged_)));
    device_.finish(); // the last batch may still be read from there
    std::copy(paged_.begin(), paged_.end(), there);
    Plan plan{tokens_.data(), paged_.data(), last_.data(), {}};
    plan.pages = {.rows = std::ssize(rows),
                  .heads = config_.heads,
                  .kv_heads = kv_heads(config_),
                  .head_size = head_size(config_),
                  .memory = cache.memory(),
                  .size = cache.pages() * cache.page_size(),
                  .page_size = cache.page_size(),
                  .pages = there + 2 * n,
                  .listed = std::ssize(paged_) - 2 * std::ssize(rows),
                  .first = there + n,
                  .position = there};
    return plan;
}

void DeviceDecoder::normalise(int64_t rows, const float* x, const DecoderNorm& by, float* y) {
    float* const moments = moments_.of(2 * rows);
    if (by.bias.empty())
        device_.rms_norm({rows, 1, config_.width, config_.width, epsilon_}, x, by.gain.data(), y,
                         moments);
    else
        device_.layer_norm(rows, config_.width, x, by.gain.data(), by.bias.data(), epsilon_, y,
                           moments, moments + rows);
}

// Queries and keys in qkv, normalised where the family does so, and turned.
void DeviceDecoder::turn(const DecoderBlock<Linear>& block, const PagedRows& pages, float* qkv) {
    const int64_t size = pages.head_size, row = pages.qkv_width();
    Rotation by{.rows = pages.rows,
                .size = size,
                .turns = weights_.turns.data(),
                .positions = config_.context,
                .position = pages.position};
    const auto turn_heads = [&](int64_t heads, const Tensor& gain, float* x) {
        by.heads = heads;
        if (!gain.empty())
            device_.rms_norm({pages.rows, heads, size, row, epsilon_}, x, gain.data(), x,
                             moments_.of(pages.rows * heads));
        device_.rotate(by, x, row, {x, true}, row);
    };
    turn_heads(pages.heads, block.q_norm, qkv);
    turn_heads(pages.kv_heads, block.k_norm, qkv + pages.width());
}

// y = x W + b
Gemm DeviceDecoder::product(int64_t rows, const float* x, const Linear& by, float* y) {
    Gemm g;
    g.m = rows, g.k = by.weight.shape()[0], g.n = by.weight.shape()[1];
    g.a = x, g.lda = g.k;
    g.b = by.weight.data(), g.ldb = g.n;
    g.c = y, g.ldc = g.n;
    g.bias = by.bias.data();
    return g;
}

Tensor DeviceDecoder::run(std::span<const DecoderRow> rows, int64_t feeds, KvCache& cache,
                          int head) {
    const Device& d = device_;
    const int64_t c = config_.width;
    int64_t n = std::ssize(rows);
    Plan batch = plan(rows, cache);
    float* x = x_.of(n * c);
    float* const norm = norm_.of(n * c);
    const Tensor& first = weights_.blocks.front().widen.weight;
    const int64_t wide_width = std::max(first.shape()[1], batch.pages.qkv_width());
    const int64_t inner = hidden_width(config_), queries = batch.pages.width();
    float* const wide = wide_.of(n * wide_width);
    float* const hidden = hidden_.of(n * inner);
    float* attended = attended_.of(n * queries);

    // Each row has a position of its own.
    const bool learned = !weights_.positions.empty();
    if (learned) d.gather_rows(n, c, batch.position, weights_.positions.data(), norm);
    d.embedding(n, c, batch.tokens, weights_.embedding.data(), learned ? norm : nullptr, n, x);
    for (int64_t layer = 0; layer < config_.layers; ++layer) {
        const auto& block = weights_.blocks[static_cast<size_t>(layer)];
        batch.pages.keys = cache.keys(layer);
        batch.pages.values = cache.values(layer);
        normalise(n, x, block.ln_1, norm);
        d.rows_product(product(n, norm, block.c_attn, wide));
        if (!weights_.turns.empty()) turn(block, batch.pages, wide);
        d.store_pages(batch.pages, wide);
        d.attend_pages(batch.pages, wide, attended);
        if (layer == config_.layers - 1 && feeds < n) {
            // Only the last token of a feed has a use for what comes now.
            float* const ends = ends_.of(feeds * (c + queries));
            d.gather_rows(feeds, c, batch.last, x, ends);
            d.gather_rows(feeds, queries, batch.last, attended, ends + feeds * c);
            x = ends;
            attended = ends + feeds * c;
            n = feeds;
        }
        Gemm mix = product(n, attended, block.c_proj, x);
        mix.accumulate = true;
        d.rows_product(mix);
        normalise(n, x, block.ln_2, norm);
        Gemm widen = product(n, norm, block.widen, wide);
        if (widen.n == inner) widen.gelu = hidden;
        d.rows_product(widen);
        if (widen.n != inner) d.swiglu(n, inner, wide, wide + inner, widen.n, hidden);
        Gemm narrow = product(n, hidden, block.narrow, x);
        narrow.accumulate = true;
        d.rows_product(narrow);
    }
    normalise(n, x, weights_.last_norm, norm);
    Gemm last;
    if (head != kTokenHead) {
        const Linear& by = weights_.heads[static_cast<size_t>(head)];
        last = product(n, norm, by, out_.of(n * by.weight.shape()[1]));
    } else {
        const Tensor& table = weights_.lm_head.empty() ? weights_.embedding : weights_.lm_head;
        last.trans_b = true; // (V, C)
        last.m = n, last.k = c, last.n = config_.vocab;
        last.a = norm, last.lda = c;
        last.b = table.data(), last.ldb = c;
        last.c = out_.of(n * config_.vocab), last.ldc = config_.vocab;
    }
    d.rows_product(last);
    return Tensor::view({n, last.n}, last.c, device_);
}

} // namespace

std::unique_ptr<BatchDecoder> device_decoder(const Gpt& model, const Device& device) {
    return std::make_unique<DeviceDecoder>(model, device);
}

} // namespace qstar::engine
