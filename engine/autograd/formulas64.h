#pragma once
// The operations that are more than one line, as plain float64 formulas: what check.cpp holds the
// tape's values and gradients against.

#include <cstddef>
#include <vector>

namespace qstar::engine::formulas64 {

using Values = std::vector<double>; // one tensor, row-major
using Inputs = std::vector<Values>;

// (m, k) times (k, n), or (n, k) transposed.
Values product(const Values& a, const Values& b, size_t m, size_t k, size_t n, bool transpose_b);
Values log_softmax(const double* x, size_t n);
double gelu64(double x);
Values layer_norm64(const Inputs& in); // x, gain, bias
Values rms_norm64(const Values& x, const Values& gain);
// What rotary() makes of `rows` rows of q, k and v in heads of `size` numbers, sequences of as many
// positions as turns has.
Values rotary64(const Inputs& in, const Values& turns, size_t rows, size_t size);
// softmax(Q K^T / sqrt(d)) V with the future masked out, head by head of `size` numbers.
Values attention64(const Values& qkv, size_t batch, size_t time, size_t heads, size_t kv_heads,
                   size_t size);

} // namespace qstar::engine::formulas64
