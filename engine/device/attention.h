#pragma once
// Fused causal attention, forward and backward, on plain pointers (Dao et al.,
// "FlashAttention", 2022; the running softmax is that of Milakov and Gimelshein, "Online
// normalizer calculation for softmax", 2018).
//
// Each row of qkv holds the queries of all heads, head after head, then their keys, then their
// values: (B*T, 3C), or fewer where heads share keys and values. Works on one (batch, head) at a
// time, in tiles of a few query rows by a few more keys, so the largest piece of the (T, T) matrix
// of scores that ever exists is one tile a thread: memory grows with T and not with its square.

#include "engine/device/device.h"

namespace qstar::engine {

// out (B*T, C); lse (B*H*T): log-sum-exp of each row of scores, kept for backward. `first`: B + 1
// numbers, where sequences of different lengths begin that lie one behind another without padding,
// and where the last one ends; T is then as long as the longest, or longer.
void attention_forward(const float* qkv, float* out, float* lse, const Attention& shape,
                       const int* first = nullptr);

// dqkv, of qkv's shape, is overwritten, or added to when `accumulate`. What the heads of a group
// give to their keys and values is added up in the order of the heads.
void attention_backward(const float* qkv, const float* out, const float* lse, const float* dout,
                        float* dqkv, bool accumulate, const Attention& shape,
                        const int* first = nullptr);

} // namespace qstar::engine
