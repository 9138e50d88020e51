// The kernels on a processor that no other file serves: one number at a time, and the same bytes
// as the others. What they compute is written plainly in
// tests/engine/naive_kernels.cpp.

#include "engine/kernels/kernels.h"
#include "engine/kernels/vector_blocks.h"
#include "engine/kernels/vector_math.h"
#include "engine/kernels/vector_pair.h"

#include <stdint.h>

namespace qstar::engine {

namespace {

// x y + z, rounded once. Where the processor does not do it: the product of two floats is exact in
// double, and so their sum rounded to double, and then to float, is wrong only where the double
// lies in the middle of two floats and is not exact, or where the float is no normal number. Then
// the sum is rounded to odd first (Boldo & Melquiond, "Emulation of FMA and Correctly Rounded Sums:
// Proved Algorithms Using Rounding to Odd", 2008).
[[gnu::noinline]] float fused_by_odd(double product, double z) {
    const double sum = product + z;
    const double part = sum - product; // Knuth's TwoSum: sum + off is the whole
    const double off = (product - (sum - part)) + (z - part);
    uint64_t bits;
    __builtin_memcpy(&bits, &sum, sizeof bits);
    if ((off > 0 || off < 0) && bits % 2 == 0) bits += (off > 0) == (sum > 0) ? 1 : UINT64_MAX;
    double odd;
    __builtin_memcpy(&odd, &bits, sizeof odd);
    return static_cast<float>(odd);
}

[[gnu::always_inline]] inline float fused(float x, float y, float z) {
#ifdef __FP_FAST_FMAF
    return __builtin_fmaf(x, y, z);
#else
    const double product = static_cast<double>(x) * y;
    const double sum = product + z;
    uint64_t bits;
    __builtin_memcpy(&bits, &sum, sizeof bits);
    const bool middle = (bits & 0x1fffffff) == 0x10000000;
    const bool small = (bits & 0x7fffffffffffffff) < 0x3810000000000000; // below 2^-126
    if (__builtin_expect(middle | small, 0)) return fused_by_odd(product, z);
    return static_cast<float>(sum);
#endif
}

struct One : Unrolled {
    using Type = float;
    using Mask = bool;
    static constexpr int kLanes = 1;
    static constexpr int kPageColumns = 2;

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
    static Type fma(Type x, Type y, Type z) { return fused(x, y, z); }
    static Type fnma(Type x, Type y, Type z) { return fused(-x, y, z); } // z - x y
    static Type max(Type x, Type y) { return x > y ? x : y; }            // y where one is NaN
    static Type min(Type x, Type y) { return x < y ? x : y; }
    static Type sqrt(Type x) { return __builtin_sqrtf(x); }
    static Type round(Type x) { // to the nearest, |x| < 2^22
        constexpr float kShift = 0x1.8p23f;
        return (x + kShift) - kShift;
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

// Row by row of B, as it lies in memory; C holds the sums meanwhile.
void contiguous(const Tile& t) {
    for (int64_t i = 0; i < t.rows; ++i) {
        float* c = t.c + i * t.ldc;
        for (int64_t j = 0; j < t.cols && !t.accumulate; ++j) c[j] = 0;
        for (int64_t l = 0; l < t.k; ++l) {
            const float a = t.a_in_rows ? t.a[i * t.stride_a + l] : t.a[l * t.stride_a + i];
            const float* b = t.b + l * t.ldb;
            for (int64_t j = 0; j < t.cols; ++j) c[j] = fused(a, b[j], c[j]);
        }
        for (int64_t j = 0; j < t.cols && t.bias != nullptr; ++j) c[j] += t.bias[j];
    }
}

void small(const Tile& t) {
    if (t.panel == 0) return contiguous(t);
    Tile piece = t;
    for (int64_t j = 0; j < t.cols; j += kColumns) {
        piece.cols = t.cols - j < kColumns ? t.cols - j : kColumns;
        piece.b = t.b + j / kColumns * t.panel;
        piece.c = t.c + j;
        piece.bias = t.bias == nullptr ? nullptr : t.bias + j;
        contiguous(piece);
    }
}

void micro(const Tile& t) {
    contiguous(t);
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
    static constexpr Kernels kTable = [] {
        Kernels made{};
        made.name = "scalar";
        made.mr = kRows;
        made.nr = kColumns;
        made.mr_packed = kRows;
        made.micro = micro;
        made.small = small;
        made.pack_transposed = pack_transposed;
        made.pack_columns = pack_columns;
        enter_vectors<One, Sixteen>(made);
        enter_blocks<One, Sixteen>(made);
        made.attend_pages = attend_pages<One, Sixteen>;
        return made;
    }();
    return kTable;
}

} // namespace qstar::engine
