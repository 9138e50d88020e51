// The bf16 kernels as one reads them in a book: the oracle of the tests.

#include "engine/kernels/bf16.h"

#include <bit>
#include <cmath>

namespace qstar::engine {

namespace {

constexpr int kRows = 4;
constexpr int kColumns = 16;

// Round to nearest, ties to even: add a little less than half a unit, and one more if the
// last bit that stays is odd. Denormals count as 0, as on the processors that have bf16.
uint32_t rounded(float x) {
    const auto bits = std::bit_cast<uint32_t>(x);
    if (std::isnan(x)) return bits >> 16 | 0x40u; // a quiet one
    if ((bits & 0x7f800000u) == 0) return bits >> 16 & 0x8000u;
    return (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}

float low(uint32_t pair) { return std::bit_cast<float>(pair << 16); }
float high(uint32_t pair) { return std::bit_cast<float>(pair & 0xffff0000u); }

uint32_t pair_of(float even, float odd) { return rounded(even) | rounded(odd) << 16; }

void pair_rows(int64_t k, int64_t n, const float* x, int64_t ldx, uint32_t* out, int64_t ldo) {
    for (int64_t l = 0; l < k; l += 2) {
        for (int64_t j = 0; j < n; ++j) {
            const float odd = l + 1 < k ? x[(l + 1) * ldx + j] : 0.0f;
            out[l / 2 * ldo + j] = pair_of(x[l * ldx + j], odd);
        }
    }
}

void pair_columns(int64_t k, int64_t n, const float* x, int64_t ldx, uint32_t* out, int64_t ldo) {
    for (int64_t i = 0; i < n; ++i) {
        for (int64_t l = 0; l < k; l += 2) {
            const float odd = l + 1 < k ? x[i * ldx + l + 1] : 0.0f;
            out[i * ldo + l / 2] = pair_of(x[i * ldx + l], odd);
        }
    }
}

void micro(int64_t pairs, const uint32_t* a, int64_t row_a, int64_t col_a, const uint32_t* b,
           float* c, int64_t ldc, int rows, int cols, bool accumulate, const float* bias) {
    for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < cols; ++j) {
            float sum = accumulate ? c[i * ldc + j] : 0.0f;
            for (int64_t p = 0; p < pairs; ++p) {
                const uint32_t x = a[i * row_a + p * col_a], y = b[p * kColumns + j];
                sum += high(x) * high(y); // exact products: one rounding each
                sum += low(x) * low(y);
            }
            c[i * ldc + j] = bias ? sum + bias[j] : sum;
        }
    }
}

} // namespace

const Bf16Kernels& scalar_bf16_kernels() {
    static const Bf16Kernels table = {"scalar",  kRows,        kColumns, 1,       false,
                                      pair_rows, pair_columns, micro,    nullptr, nullptr};
    return table;
}

} // namespace qstar::engine
