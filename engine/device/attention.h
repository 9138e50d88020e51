#pragma once
// Fused causal attention, forward and backward, on plain pointers (Dao et al.,
// "FlashAttention", 2022; the running softmax is that of Milakov and Gimelshein, "Online
// normalizer calculation for softmax", 2018).
//
// qkv is (B*T, 3C): each row holds the query, key and value of all heads, head after
// head. Works on one (batch, head) at a time, in tiles of a few query rows by a few more
// keys, so the largest piece of the (T, T) matrix of scores that ever exists is one tile a
// thread: memory grows with T and not with its square.

#include <cstdint>

namespace qstar::engine {

// out (B*T, C); lse (B*H*T): log-sum-exp of each row of scores, kept for backward.
void attention_forward(const float* qkv, float* out, float* lse, int64_t batch, int64_t time,
                       int64_t heads, int64_t width);

// dqkv (B*T, 3C) is overwritten, or added to when `accumulate`.
void attention_backward(const float* qkv, const float* out, const float* lse, const float* dout,
                        float* dqkv, bool accumulate, int64_t batch, int64_t time, int64_t heads,
                        int64_t width);

} // namespace qstar::engine
