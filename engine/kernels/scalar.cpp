// The kernels on a processor that no other file serves: one number at a time, and the same bytes
// as the others. Slow, and slower still where the processor has no fused multiply-add, which is
// then computed by the C library. What they compute is written plainly in naive.cpp.

#include "engine/kernels/kernels.h"
#include "engine/kernels/vector_math.h"
#include "engine/kernels/vector_pages.h"
#include "engine/kernels/vector_pair.h"

#include <stdint.h>

namespace qstar::engine {

namespace {

struct One {
    using Type = float;
    using Mask = bool;
    static constexpr int lanes = 1;
    static constexpr int page_columns = 2;

    template <int I>
    struct Index {
        constexpr int operator()() const { return I; }
    };
    template <int N, class Body>
    [[gnu::always_inline]] static void unroll(const Body& body) {
        if constexpr (N > 0) {
            unroll<N - 1>(body);
            body(Index<N - 1>());
        }
    }

    static Mask mask(int count) { return count > 0; }
    static Type zero() { return 0; }
    static Type set(float x) { return x; }
    static Type load(const float* p) { return *p; }
    static Type load(const float* p, Mask m) { return m ? *p : 0; }
    static void store(float* p, Type x) { *p = x; }
    static void store(float* p, Type x, Mask m) {
        if (m) *p = x;
    }
    static void prefetch(const float*) {}
    static Type select(Mask m, Type x, Type otherwise) { return m ? x : otherwise; }
    static Type add(Type x, Type y) { return x + y; }
    static Type sub(Type x, Type y) { return x - y; }
    static Type mul(Type x, Type y) { return x * y; }
    static Type div(Type x, Type y) { return x / y; }
    static Type fma(Type x, Type y, Type z) { return __builtin_fmaf(x, y, z); }
    static Type fnma(Type x, Type y, Type z) { return __builtin_fmaf(-x, y, z); } // z - x y
    static Type max(Type x, Type y) { return x > y ? x : y; } // y where one is NaN
    static Type min(Type x, Type y) { return x < y ? x : y; }
    static Type sqrt(Type x) { return __builtin_sqrtf(x); }
    static Type round(Type x) { // to the nearest, |x| < 2^22
        constexpr float shift = 0x1.8p23f;
        return (x + shift) - shift;
    }
    // x 2^n, in two steps: 2^n alone may be no normal number.
    static Type ldexp(Type x, Type n) {
        if (!(n >= -300 && n <= 300)) return x; // x is NaN
        const int whole = static_cast<int>(n);
        const int half = whole >> 1;
        return x * power(half) * power(whole - half);
    }
    static float power(int n) {
        const uint32_t bits = static_cast<uint32_t>(n + 127) << 23;
        float x;
        __builtin_memcpy(&x, &bits, sizeof x);
        return x;
    }
    static float root(float x) { return __builtin_sqrtf(x); }
    static float sum(Type x) { return x; }
    static float top(Type x) { return x; }
};

using Sixteen = Pair<Pair<Pair<Pair<One>>>>;

// --- the matrix product: the order of each sum is fixed, and so are its bytes -------------------

constexpr int kRows = 4;
constexpr int kColumns = 16;

void small(const Tile& t) {
    for (int64_t i = 0; i < t.rows; ++i) {
        for (int64_t j = 0; j < t.cols; ++j) {
            float& c = t.c[i * t.ldc + j];
            float sum = t.accumulate ? c : 0.0f;
            for (int64_t l = 0; l < t.k; ++l) {
                const float a = t.a_in_rows ? t.a[i * t.stride_a + l] : t.a[l * t.stride_a + i];
                sum = __builtin_fmaf(a, t.b[l * t.ldb + j], sum);
            }
            c = t.bias == nullptr ? sum : sum + t.bias[j];
        }
    }
}

void micro(const Tile& t) {
    small(t);
    for (int64_t l = 0; l < t.k && t.keep_b != nullptr; ++l) {
        for (int64_t j = 0; j < t.cols; ++j) t.keep_b[l * kColumns + j] = t.b[l * t.ldb + j];
    }
}

void pack_transposed(int64_t k, const float* x, int64_t ldx, int64_t count, int width, float* out) {
    for (int64_t first = 0; first < count; first += width) {
        for (int64_t l = 0; l < k; ++l) {
            for (int64_t i = first; i < first + width; ++i) {
                *out++ = i < count ? x[i * ldx + l] : 0.0f;
            }
        }
    }
}

void pack_columns(int64_t k, const float* x, int64_t ldx, int64_t strips, int64_t rows,
                  int64_t distance, float* out) {
    for (int64_t s = 0; s < strips; ++s) {
        for (int64_t l = 0; l < k; ++l) {
            for (int64_t i = 0; i < rows; ++i)
                out[s * distance + l * kRows + i] = x[l * ldx + s * rows + i];
        }
    }
}

} // namespace

const Kernels& scalar_kernels() {
    static const Kernels table = {
        .name = "scalar",
        .mr = kRows,
        .nr = kColumns,
        .mr_packed = kRows,
        .micro = micro,
        .small = small,
        .pack_transposed = pack_transposed,
        .pack_columns = pack_columns,
        .add = add<One>,
        .mul = mul<One>,
        .axpy = axpy<One>,
        .scale = scale<One>,
        .dot = dot<Sixteen>,
        .sum = sum<Sixteen>,
        .gelu = gelu<One>,
        .gelu_grad = gelu_grad<One>,
        .softmax = softmax<Sixteen>,
        .exp_shift = exp_shift<One>,
        .online_softmax = online_softmax<Sixteen>,
        .softmax_grad = softmax_grad<One>,
        .layer_norm = layer_norm<Sixteen>,
        .layer_norm_grad = layer_norm_grad<Sixteen>,
        .attend_pages = attend_pages<One, Sixteen>,
        .adamw = adamw<One>,
    };
    return table;
}

} // namespace qstar::engine
