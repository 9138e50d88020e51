#pragma once
// The operations on a tape: forward in ops.cpp and losses.cpp, gradients in gradients.cpp
// and loss_gradients.cpp. Shapes are checked; a wrong one is an Error that names the
// operation and both shapes. R is "rows": the product of all but the last dimension.

#include "engine/autograd/tape.h"

#include <span>
#include <vector>

namespace qstar::engine {

// x (R, in), weight (in, out) [GPT-2's layout], bias (out) or none -> (R, out)
Var linear(Tape& tape, Var x, Var weight, Var bias = {});
// gelu(linear(...)), in one pass: GELU is taken while the product is still in a cache.
Var linear_gelu(Tape& tape, Var x, Var weight, Var bias = {});
// a (R, K), b (K, N), or (N, K) with transpose_b, bias (N) or none -> (R, N)
Var matmul(Tape& tape, Var a, Var b, bool transpose_b = false, Var bias = {});

// y (R, out) + factor (x a^T) b^T, of x (R, in), a (r, in), b (out, r): what LoRA adds to y.
Var add_low_rank(Tape& tape, Var y, Var x, Var a, Var b, float factor);

// Elementwise; both of one shape.
Var add(Tape& tape, Var a, Var b);
Var sub(Tape& tape, Var a, Var b);
Var mul(Tape& tape, Var a, Var b);
Var minimum(Tape& tape, Var a, Var b); // the gradient goes to the smaller, to a on a tie

Var scale(Tape& tape, Var a, float factor);
Var shift(Tape& tape, Var a, float offset);
Var exp(Tape& tape, Var a);
Var log(Tape& tape, Var a);
Var sigmoid(Tape& tape, Var a);
Var softplus(Tape& tape, Var a);
Var tanh(Tape& tape, Var a);
Var relu(Tape& tape, Var a);
Var clamp(Tape& tape, Var a, float low, float high); // gradient 0 outside
Var gelu(Tape& tape, Var a);

Var sum(Tape& tape, Var a);  // -> ()
Var mean(Tape& tape, Var a); // -> ()

// x (R, C), gain (C), bias (C)
Var layer_norm(Tape& tape, Var x, Var gain, Var bias, float eps);

// The parts of the llama family's blocks (Touvron et al. 2023).
// RMS norm (Zhang & Sennrich 2019) of x (R, C) in groups of as many numbers as gain has, which
// divide C.
Var rms_norm(Tape& tape, Var x, Var gain, float eps);
// SwiGLU (Shazeer 2020): gate sigmoid(gate) up, of one shape.
Var swiglu(Tape& tape, Var gate, Var up);
// Rotary positions (Su et al. 2021): q (B*T, C) in `heads` heads of an even size, k and v (B*T, K)
// in heads of the same size, as many or fewer -> (B*T, C + 2K) for attention(), in which q and k
// are turned by the angles of their positions. turns (>= T, size): of each position the size / 2
// cosines, then the sines.
Var rotary(Tape& tape, Var q, Var k, Var v, Var turns, int64_t time, int64_t heads);

// tokens (B*T), table (V, C), positions (>= T, C) or none -> (B*T, C)
Var embedding(Tape& tape, std::span<const int> tokens, Var table, Var positions = {},
              int64_t time = 0);

// Rows that are named by lists: row r of `on` is on[first[r]], ..., on[first[r + 1] - 1].
struct Bags {
    std::vector<int> first{0}, on;
    int64_t rows() const { return static_cast<int64_t>(first.size()) - 1; }
};
// table (V, C), bias (C) -> (rows, C): bias + the rows of the table in each bag. What linear()
// makes of rows of zeros and ones, at the price of the ones.
Var embedding_bag(Tape& tape, const Bags& bags, Var table, Var bias);

// Fused causal self-attention: qkv (B*T, 3C), the C split into `heads` -> (B*T, C).
// Scores are scaled by 1/sqrt(C/heads). No (T, T) tensor is kept: backward makes
// each tile of it again from the saved log-sum-exp (Dao et al., FlashAttention, 2022).
// With fewer heads of keys and values, kv_heads, which divide the heads, as many neighbours share
// one (Ainslie et al., "GQA", 2023): qkv (B*T, C + 2 C kv_heads / heads). 0: as many.
Var attention(Tape& tape, Var qkv, int64_t batch, int64_t time, int64_t heads,
              int64_t kv_heads = 0);

// logits (R, V), targets (R): sum_r w_r (-log softmax(logits_r)[target_r]) / sum_r w_r
// -> (). Rows of weight 0 are left out (their target is not looked at). `total`, if not
// 0, stands in the place of the sum of the weights: for a part of a batch.
Var cross_entropy(Tape& tape, Var logits, std::span<const int> targets,
                  std::span<const float> weights, double total = 0);

// logits (R, V), targets (R) -> (R, 1): log softmax(logits_r)[target_r]
Var log_prob(Tape& tape, Var logits, std::span<const int> targets);
// logits (R, V) -> (R, 1): -sum p log p
Var entropy(Tape& tape, Var logits);

// logits (R, 1), labels in [0, 1]: weighted mean of the logistic loss -> (). `total` as above.
Var binary_cross_entropy(Tape& tape, Var logits, std::span<const float> labels,
                         std::span<const float> weights, double total = 0);

// a (R, C) -> (rows.size(), C): chosen rows; a row may be chosen more than once.
Var gather_rows(Tape& tape, Var a, std::span<const int> rows);

} // namespace qstar::engine
