#include "engine/gpt/decoder.h"

#include "engine/error.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/kernels.h"
#include "engine/parallel.h"

#include <algorithm>
#include <cmath>

namespace qstar::engine {

namespace {

constexpr int64_t row_grain = 16;
constexpr int64_t feed_grain = 4;

// The weights of one block, by pointer.
struct BlockWeights {
    const float *ln_1, *ln_1_bias, *c_attn, *c_attn_bias, *c_proj, *c_proj_bias, *ln_2, *ln_2_bias,
        *c_fc, *c_fc_bias, *mlp_proj, *mlp_proj_bias;
};

BlockWeights block_weights(const Gpt& model, int64_t layer) {
    const auto p = [&](const char* name) {
        return model.parameter(fmt::format("h.{}.{}", layer, name)).value.data();
    };
    return {p("ln_1.weight"),      p("ln_1.bias"),          p("attn.c_attn.weight"),
            p("attn.c_attn.bias"), p("attn.c_proj.weight"), p("attn.c_proj.bias"),
            p("ln_2.weight"),      p("ln_2.bias"),          p("mlp.c_fc.weight"),
            p("mlp.c_fc.bias"),    p("mlp.c_proj.weight"),  p("mlp.c_proj.bias")};
}

void norm_rows(int64_t rows, int64_t width, const float* x, const float* gain, const float* bias,
               float* y) {
    parallel_for(rows, row_grain, [&](int64_t begin, int64_t end) {
        float mean, rstd;
        for (int64_t r = begin; r < end; ++r) {
            kernels().layer_norm(width, x + r * width, gain, bias, y + r * width, &mean, &rstd);
        }
    });
}

// y (rows, out) = x (rows, in) W + b, or added to y
void project(int64_t rows, int64_t in, int64_t out, const float* x, const float* w,
             const float* bias, float* y, bool accumulate = false) {
    gemm({.m = rows,
          .n = out,
          .k = in,
          .a = x,
          .lda = in,
          .b = w,
          .ldb = out,
          .c = y,
          .ldc = out,
          .accumulate = accumulate,
          .bias = bias});
}

} // namespace

Decoder::Decoder(const Gpt& model, int slots) : model_(model) {
    if (slots < 1) fail("a decoder needs at least one slot, found {}", slots);
    const GptConfig& c = model.config;
    length_.assign(static_cast<size_t>(slots), 0);
    const size_t cache = length_.size() * static_cast<size_t>(c.layers * c.width * c.context);
    keys_.resize(cache);
    values_.resize(cache);
    head_ = Tensor::zeros({c.width, c.vocab});
    const float* wte = model.parameter("wte.weight").value.data();
    for (int64_t v = 0; v < c.vocab; ++v) {
        for (int64_t i = 0; i < c.width; ++i) head_[i * c.vocab + v] = wte[v * c.width + i];
    }
}

float* Decoder::keys(int slot, int64_t layer, int64_t head) {
    const GptConfig& c = model_.config;
    return keys_.data() + (slot * c.layers + layer) * c.width * c.context +
           head * (c.width / c.heads) * c.context;
}

float* Decoder::values(int slot, int64_t layer, int64_t head) {
    return values_.data() + (keys(slot, layer, head) - keys_.data());
}

int Decoder::length(int slot) const { return length_.at(static_cast<size_t>(slot)); }

void Decoder::clear(int slot) { length_.at(static_cast<size_t>(slot)) = 0; }

void Decoder::copy(int from, int to) {
    if (from == to) return;
    const GptConfig& c = model_.config;
    const int64_t size = c.width / c.heads, used = length(from);
    for (int64_t layer = 0; layer < c.layers; ++layer) {
        for (int64_t h = 0; h < c.heads; ++h) {
            for (int64_t d = 0; d < size; ++d) {
                std::copy_n(keys(from, layer, h) + d * c.context, used,
                            keys(to, layer, h) + d * c.context);
            }
            std::copy_n(values(from, layer, h), used * size, values(to, layer, h));
        }
    }
    length_.at(static_cast<size_t>(to)) = length(from);
}

void Decoder::check(std::span<const Feed> feeds) const {
    for (const Feed& f : feeds) {
        if (f.slot < 0 || f.slot >= slots()) {
            fail("decoder: slot {} of {}", f.slot, slots());
        }
        if (f.tokens.empty()) fail("decoder: nothing to feed into slot {}", f.slot);
        const int64_t total = length(f.slot) + static_cast<int64_t>(f.tokens.size());
        if (total > model_.config.context) {
            fail("a sequence of {} tokens is longer than the model's context of {}", total,
                 model_.config.context);
        }
        for (const int token : f.tokens) {
            if (token < 0 || token >= model_.config.vocab) {
                fail("decoder: token {} is outside the vocabulary of {}", token,
                     model_.config.vocab);
            }
        }
    }
}

// Puts the new keys and values into the cache and attends to all that is there.
void Decoder::attend(std::span<const Feed> feeds, int64_t layer, const float* qkv, float* out) {
    const GptConfig& c = model_.config;
    const int64_t size = c.width / c.heads;
    const float factor = 1.0f / std::sqrt(static_cast<float>(size));
    std::vector<int64_t> first_row(feeds.size());
    for (size_t f = 1; f < feeds.size(); ++f) {
        first_row[f] = first_row[f - 1] + static_cast<int64_t>(feeds[f - 1].tokens.size());
    }
    parallel_for(static_cast<int64_t>(feeds.size()), feed_grain, [&](int64_t begin, int64_t end) {
        const Kernels& kernel = kernels();
        thread_local std::vector<float> scores;
        scores.resize(static_cast<size_t>(c.context));
        for (int64_t f = begin; f < end; ++f) {
            const Feed& feed = feeds[static_cast<size_t>(f)];
            for (int64_t i = 0; i < static_cast<int64_t>(feed.tokens.size()); ++i) {
                const int64_t row = first_row[static_cast<size_t>(f)] + i;
                const int64_t position = length(feed.slot) + i;
                for (int64_t h = 0; h < c.heads; ++h) {
                    const float* q = qkv + row * 3 * c.width + h * size;
                    float* k_cache = keys(feed.slot, layer, h);
                    float* v_cache = values(feed.slot, layer, h);
                    for (int64_t d = 0; d < size; ++d) {
                        k_cache[d * c.context + position] = q[c.width + d];
                    }
                    std::copy_n(q + 2 * c.width, size, v_cache + position * size);
                    kernel.tile(1, position + 1, size, q, size, 1, k_cache, c.context,
                                scores.data(), c.context, false);
                    kernel.scale(position + 1, factor, scores.data());
                    kernel.softmax(position + 1, scores.data(), scores.data());
                    kernel.tile(1, size, position + 1, scores.data(), c.context, 1, v_cache, size,
                                out + row * c.width + h * size, c.width, false);
                }
            }
        }
    });
}

Tensor Decoder::feed(std::span<const Feed> feeds) {
    check(feeds);
    const GptConfig& c = model_.config;
    const int64_t width = c.width;
    int64_t rows = 0;
    for (const Feed& f : feeds) rows += static_cast<int64_t>(f.tokens.size());

    // x, norm, qkv, attended, mlp
    scratch_.resize(static_cast<size_t>(rows * width * (1 + 1 + 3 + 1 + 4)));
    float* x = scratch_.data();
    float* norm = x + rows * width;
    float* qkv = norm + rows * width;
    float* attended = qkv + rows * 3 * width;
    float* mlp = attended + rows * width;

    const float* wte = model_.parameter("wte.weight").value.data();
    const float* wpe = model_.parameter("wpe.weight").value.data();
    int64_t row = 0;
    for (const Feed& f : feeds) {
        int64_t position = length(f.slot);
        for (const int token : f.tokens) {
            kernels().add(width, wte + token * width, wpe + position++ * width, x + row++ * width);
        }
    }
    for (int64_t layer = 0; layer < c.layers; ++layer) {
        const BlockWeights w = block_weights(model_, layer);
        norm_rows(rows, width, x, w.ln_1, w.ln_1_bias, norm);
        project(rows, width, 3 * width, norm, w.c_attn, w.c_attn_bias, qkv);
        attend(feeds, layer, qkv, attended);
        project(rows, width, width, attended, w.c_proj, w.c_proj_bias, x, true);
        norm_rows(rows, width, x, w.ln_2, w.ln_2_bias, norm);
        project(rows, width, 4 * width, norm, w.c_fc, w.c_fc_bias, mlp);
        parallel_for(rows, row_grain, [&](int64_t begin, int64_t end) {
            float* part = mlp + begin * 4 * width;
            kernels().gelu((end - begin) * 4 * width, part, part);
        });
        project(rows, 4 * width, width, mlp, w.mlp_proj, w.mlp_proj_bias, x, true);
    }

    // Only the last token of each feed is asked for its successor.
    const auto n = static_cast<int64_t>(feeds.size());
    row = 0;
    for (int64_t f = 0; f < n; ++f) {
        const Feed& feed = feeds[static_cast<size_t>(f)];
        const auto count = static_cast<int64_t>(feed.tokens.size());
        row += count;
        std::copy_n(x + (row - 1) * width, width, attended + f * width);
        length_[static_cast<size_t>(feed.slot)] += static_cast<int>(count);
    }
    tokens_ += rows;
    norm_rows(n, width, attended, model_.parameter("ln_f.weight").value.data(),
              model_.parameter("ln_f.bias").value.data(), norm);
    logits_.resize(static_cast<size_t>(n * c.vocab));
    project(n, width, c.vocab, norm, head_.data(), nullptr, logits_.data());
    return Tensor::view({n, c.vocab}, logits_.data());
}

int sample(std::span<const float> logits, float temperature, Random& random, float* log_prob) {
    if (logits.empty()) fail("sample: no logits");
    size_t best = 0;
    for (size_t i = 1; i < logits.size(); ++i) {
        if (logits[i] > logits[best]) best = i;
    }
    const double top = logits[best];
    size_t chosen = best;
    if (temperature > 0) {
        const auto weight = [&](size_t i) { return std::exp((logits[i] - top) / temperature); };
        double total = 0;
        for (size_t i = 0; i < logits.size(); ++i) total += weight(i);
        double left = random.uniform() * total;
        for (size_t i = 0; i < logits.size(); ++i) {
            const double w = weight(i);
            // Rounding may leave a rest after the last one: it stays the best.
            if (left < w) {
                chosen = i;
                break;
            }
            left -= w;
        }
    }
    if (log_prob) {
        double total = 0;
        for (const float logit : logits) total += std::exp(logit - top);
        *log_prob = static_cast<float>(logits[chosen] - top - std::log(total));
    }
    return static_cast<int>(chosen);
}

} // namespace qstar::engine
