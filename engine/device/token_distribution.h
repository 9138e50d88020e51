#pragma once
// The distribution over tokens that logits stand for: temperature, top-k, top-p.
//
// A token is drawn from softmax(logits / temperature), restricted first to the top_k
// likeliest tokens (Fan, Lewis and Dauphin 2018) and then, of those, to the smallest set
// of the likeliest whose probabilities together reach top_p (the nucleus; Holtzman et al.,
// "The Curious Case of Neural Text Degeneration", 2019), both renormalised. Of equally
// likely tokens the one with the smaller id goes first.

#include <span>
#include <utility>
#include <vector>

namespace qstar::engine {

struct Sampling {
    float temperature = 1; // 0: the likeliest token
    int top_k = 0;         // 0: all
    float top_p = 1;       // in (0, 1], 1: all
    bool operator==(const Sampling&) const = default;
};

// Error for a temperature below 0, a top_k below 0, a top_p outside (0, 1].
void check(const Sampling& sampling);

// The distribution that a row of logits stands for, made once for any number of draws.
// Keeps its memory from row to row.
class TokenDistribution {
  public:
    void set(std::span<const float> logits, const Sampling& sampling);
    int draw(double uniform) const; // a random number in [0, 1)
    // At temperature 1 and without restriction: what the model thinks of the token.
    float log_prob(int token) const;

  private:
    void keep_top_k(int k);
    void keep_top_p(float p);

    std::span<const float> logits_;
    std::vector<float> weights_;                 // probabilities, 0 where not allowed
    std::vector<std::pair<float, int>> ordered_; // scratch
    double total_ = 0;                           // of weights_; 0: take best_
    float log_sum_ = 0;                          // log sum exp logits
    int best_ = 0;                               // the first largest
};

} // namespace qstar::engine
