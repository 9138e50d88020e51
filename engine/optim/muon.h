#pragma once
// Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024):
// momentum whose matrix is made nearly orthogonal, so that all directions of a layer move alike.
//
//   m = mu m + s g;  u = s g + mu m (Nesterov);  U = u / |u|, the Frobenius norm
//   five times: U = a U + b (U U^T) U + c (U U^T)^2 U,  a, b, c = 3.4445, -4.7750, 2.0315
//   p -= rate (sqrt(max(1, out / in)) U + decay p)
//
// which takes singular values to within about 0.7 to 1.2. All five iterations are polynomials of
// the one matrix G = U U^T, so they are computed on it: F = P4 P3 P2 P1 P0 with
// Pk = a + b Gk + c Gk^2, G(k+1) = Gk Pk^2, and U becomes F U. These are products of symmetric
// matrices of the smaller side alone; a matrix with more rows than columns has G = U^T U, U F.
// All in fp32.

#include "engine/autograd/tape.h"

#include <cstdint>

namespace qstar::engine {

struct MuonStep {
    float grad_scale, rate, momentum, decay; // s, rate, mu, decay
};

// One step of `p`, a matrix whose p.parts blocks of columns are orthogonalised each on
// its own. Its gradient is used up: u stands there afterwards. On the processor, bytes do not
// depend on threads; two threads may do two parameters.
void muon(const Parameter& p, const Tensor& momentum, const MuonStep& step);

// Numbers of memory that each thread keeps for blocks of this size.
int64_t muon_scratch(int64_t rows, int64_t cols);

} // namespace qstar::engine
