#include "engine/decode/decoder.h"

#include "engine/base/error.h"
#include "engine/nn/lora.h"

namespace qstar::engine {

Decoder::Decoder(const Gpt& model, int slots, int64_t pages, const Device& device)
    : device_(device), config_(model.config),
      heads_(model.config.scalar_head ? 1U : 0U, int64_t{1}),
      cache_(model.config, slots, pages, device),
      batch_decoder_(device.is_host() ? cpu_decoder(merged(model))
                                      : device_decoder(merged(model), device)) {
    fed_.assign(static_cast<size_t>(slots), 0);
}

Decoder::Decoder(const Decoder& of, int slots, int64_t pages)
    : device_(of.device_), config_(of.config_), heads_(of.heads_),
      cache_(of.config_, slots, pages, of.device_), batch_decoder_(of.batch_decoder_->twin()) {
    if (batch_decoder_ == nullptr) fail("decoder: one that needs all threads has no twin");
    fed_.assign(static_cast<size_t>(slots), 0);
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

// Lays the tokens out as rows, makes room for them in the cache and evaluates them.
Tensor Decoder::run(std::span<const Feed> feeds, int head) {
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
    tokens_ += std::ssize(rows_);
    return batch_decoder_->run(rows_, std::ssize(feeds), cache_, head);
}

// In ordinary memory, which is where the processor's rows are at once.
Tensor Decoder::fetched(const Tensor& found) {
    if (device_.is_host()) return found;
    out_.resize(static_cast<size_t>(found.size()));
    device_.download(found.size(), found.data(), out_.data());
    return Tensor::view(found.shape(), out_.data(), cpu_device());
}

Tensor Decoder::feed(std::span<const Feed> feeds) {
    if (feeds.empty()) return Tensor::view({0, config_.vocab}, nullptr, cpu_device());
    return fetched(run(feeds, kTokenHead));
}

Tensor Decoder::feed_scores(std::span<const Feed> feeds, int head) {
    if (heads_.empty()) fail("the model has no scalar head: it is not a reward model");
    const int64_t outputs = heads_[checked_head(head)];
    if (feeds.empty()) return Tensor::view({0, outputs}, nullptr, cpu_device());
    return fetched(run(feeds, head));
}

size_t Decoder::checked_head(int head) const {
    if (head < 0 || head >= std::ssize(heads_)) fail("decoder: head {} of {}", head, heads_.size());
    return static_cast<size_t>(head);
}

int Decoder::add_head(const Gpt& judge) {
    if (judge.config.width != config_.width || judge.config.vocab != config_.vocab)
        fail("decoder: a head of width {} and vocabulary {} on a trunk of {} and {}",
             judge.config.width, judge.config.vocab, config_.width, config_.vocab);
    batch_decoder_->add_head(judge);
    if (device_.is_host()) cache_.keep_states(config_.width);
    heads_.push_back(judge.config.scalar_head ? 1 : config_.vocab);
    return static_cast<int>(heads_.size()) - 1;
}

Tensor Decoder::read(std::span<const Place> places, int head) {
    const int64_t outputs = heads_[checked_head(head)];
    states_.clear();
    for (const Place& place : places) {
        if (!can_read(place))
            fail("decoder: nothing was kept at position {} of slot {}", place.position, place.slot);
        states_.push_back(cache_.state(place.slot, place.position));
    }
    if (places.empty()) return Tensor::view({0, outputs}, nullptr, cpu_device());
    return batch_decoder_->read(states_, head);
}

void Decoder::feed_and_draw(std::span<const Feed> feeds, std::span<TokenDraw> draws,
                            int64_t classes) {
    if (classes < 1 || classes > config_.vocab) {
        fail("decoder: tokens drawn from {} of a vocabulary of {}", classes, config_.vocab);
    }
    for (const TokenDraw& draw : draws) {
        if (draw.row < 0 || draw.row >= std::ssize(feeds)) {
            fail("decoder: a token drawn from row {} of {}", draw.row, feeds.size());
        }
        engine::check(Sampling{draw.temperature, draw.top_k, draw.top_p});
    }
    if (feeds.empty()) return;
    const Tensor logits = run(feeds, kTokenHead);
    device_.draw_tokens(draws, std::ssize(feeds), config_.vocab, classes, logits.data());
}

} // namespace qstar::engine
