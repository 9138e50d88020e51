#pragma once
// The matrix product as the shader does it: many at once, with triangular operands.

#include "engine/vulkan/gpu.h"

namespace qstar::engine::vulkan {

enum class Causal { none, lower_result, lower_a, lower_a_transposed };

// C_z (+)= op(A_z) op(B_z) for z in [0, count): that of head z % heads of sequence z / heads,
// whose operands lie so many numbers apart. Causal: C is wanted up to its diagonal; or A (A
// as it is stored transposed) is lower triangular, and is 0 behind its diagonal to the next
// multiple of kCausalTile.
struct Product {
    bool trans_a = false, trans_b = false;
    int64_t m = 0, n = 0, k = 0;
    const float* a = nullptr;
    const float* b = nullptr;
    float* c = nullptr;
    int64_t lda = 0, ldb = 0, ldc = 0;
    const float* bias = nullptr;
    float* gelu = nullptr;
    bool accumulate = false;
    int64_t count = 1, heads = 1;
    int64_t a_sequence = 0, a_head = 0, b_sequence = 0, b_head = 0, c_sequence = 0, c_head = 0;
    Causal causal = Causal::none;
};

inline constexpr int64_t kCausalTile = 128;

void multiply(Job& job, const Product& product);

// d[i] (+)= sum over chunks of x[chunk * stride + i]
void sum_chunks(Job& job, int64_t n, int64_t chunks, int64_t stride, const float* x, float* d,
                bool fresh);

} // namespace qstar::engine::vulkan
