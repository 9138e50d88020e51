#pragma once
// Fused causal attention, forward and backward, on plain pointers.
//
// qkv is (B*T, 3C): each row holds the query, key and value of all heads, head after
// head. Works on one (batch, head) at a time, in tiles of a few query rows, so that
// the largest piece of the (T, T) matrix that ever exists is one tile a thread.

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
