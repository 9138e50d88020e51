// Weights packed once against the chain of fused multiply-adds that they stand for.
#include "engine/base/parallel.h"
#include "engine/base/random.h"
#include "engine/decode/packed_linear.h"

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <vector>

using namespace qstar;
using namespace qstar::engine;

namespace {

Tensor random_tensor(Shape shape, Random& random) {
    const Tensor t = Tensor::zeros(shape);
    for (float& x : t.values()) x = static_cast<float>(random.normal());
    return t;
}

float weight_at(const LinearParts& parts, int64_t k, int64_t column) {
    if (!parts.out_in) return parts.weights[0][k * parts.out() + column];
    for (const Tensor& weight : parts.weights) {
        if (column < weight.shape()[0]) return weight[column * parts.in() + k];
        column -= weight.shape()[0];
    }
    return NAN;
}

} // namespace

TEST_CASE("a packed map gives the chain of its terms, of any size, alone and by all threads") {
    Random random(1, "packed");
    for (const int64_t in : {1, 19, 300, 1100}) {
        for (const std::vector<int64_t>& outs :
             {std::vector<int64_t>{5}, {16}, {24, 8, 8}, {3, 70, 64}, {200}}) {
            LinearParts parts;
            parts.out_in = outs.size() > 1 || in % 2 == 1;
            for (const int64_t out : outs)
                parts.weights.push_back(
                    random_tensor(parts.out_in ? Shape{out, in} : Shape{in, out}, random));
            const int64_t out = parts.out();
            if (in != 19) parts.bias = random_tensor({out}, random);
            const PackedLinear packed(parts);
            REQUIRE(packed.in() == in);
            REQUIRE(packed.out() == out);
            for (const int64_t rows : {0, 1, 2, 3, 7, 20, 65, 200}) {
                CAPTURE(in);
                CAPTURE(out);
                CAPTURE(rows);
                const int64_t ldx = in + 3, ldy = out + 2;
                const Tensor x = random_tensor({rows, ldx}, random);
                const Tensor before = random_tensor({rows, ldy}, random);
                for (const bool add : {false, true}) {
                    const Tensor alone = before.clone(), shared = before.clone();
                    packed.apply(rows, x.data(), ldx, alone.data(), ldy, add);
                    packed.apply(rows, x.data(), ldx, shared.data(), ldy, add, true);
                    CHECK(std::memcmp(alone.data(), shared.data(), alone.values().size_bytes()) ==
                          0);
                    int64_t wrong = 0;
                    // Every row of few, some of many.
                    for (int64_t r = 0; r<rows; r += rows> 20 ? 9 : 1) {
                        for (int64_t j = 0; j < ldy; ++j) {
                            float sum = before[r * ldy + j];
                            if (j < out) {
                                const float bias = parts.bias.empty() ? 0.0f : parts.bias[j];
                                sum = add ? sum + bias : bias;
                                for (int64_t k = 0; k < in; ++k)
                                    sum = std::fma(x[r * ldx + k], weight_at(parts, k, j), sum);
                            }
                            wrong += std::memcmp(&alone[r * ldy + j], &sum, sizeof sum) != 0;
                        }
                    }
                    CHECK(wrong == 0);
                }
            }
        }
    }
}
