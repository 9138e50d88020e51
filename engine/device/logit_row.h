#pragma once
// What a row of logits says about a token, in double precision.

#include "engine/base/elementary.h"

#include <algorithm>
#include <span>

namespace qstar::engine {

// log softmax of the row (Goodfellow et al., "Deep Learning", 4.1: the largest is taken off first).
// The row must outlive it.
class LogitRow {
  public:
    explicit LogitRow(std::span<const float> logits)
        : logits_(logits), most_(*std::max_element(logits.begin(), logits.end())) {
        for (const float logit : logits) sum_ += math::exp(double{logit} - most_);
    }
    double probability(int token) const { return math::exp(above(token)) / sum_; }
    double log_probability(int token) const { return above(token) - math::log(sum_); }

  private:
    double above(int token) const { return double{logits_[static_cast<size_t>(token)]} - most_; }

    std::span<const float> logits_;
    double most_;
    double sum_ = 0;
};

} // namespace qstar::engine
