#pragma once
// The table of kernels: one struct of function pointers for each instruction
// set, chosen once at start-up (the way of simdjson and Highway).
//
// tests/engine/naive_kernels.cpp is written to be read: the oracle of the tests. scalar.cpp,
// avx2.cpp, avx512.cpp and neon.cpp give one another's bytes: a sum over n numbers runs over
// sixteen lanes, in an order fixed by n alone, and e^x is one polynomial; only bf16 (bf16.h) is
// another arithmetic. All kernels work on one thread, allow any n >= 0 and any alignment, and never
// allocate. None of these files may include std code that could be inlined: a function template
// compiled there with AVX-512 flags could be the copy that the linker keeps for everybody.

#include <cstdint>

namespace qstar::engine {

// A part of C = A B with what the kernels need to compute it. Every element is one
// chain of fused multiply-adds over ascending k that starts at 0, or at C when
// `accumulate`; the bias comes last. So its bytes depend neither on the size of the
// part, nor on its place in it, nor on how k is cut, nor on threads.
struct Tile {
    int64_t k = 0;
    int64_t rows = 0, cols = 0;
    const float* a = nullptr; // in_rows: number (i, l) is a[i * stride_a + l]
    int64_t stride_a = 0;     // else a[l * stride_a + i]
    bool a_in_rows = true;
    const float* b = nullptr; // row l is b[l * ldb ...]
    int64_t ldb = 0;
    // small only: B lies in panels of nr columns (the table's) so far apart, and column j of row l
    // is b[j / nr * panel + l * ldb + j % nr]; 0: rows are contiguous.
    int64_t panel = 0;
    float* c = nullptr;
    int64_t ldc = 0;
    bool accumulate = false;
    const float* bias = nullptr; // cols numbers, or none
    // Hints of what to fetch meanwhile: the tile of C that comes next, and next_length numbers of
    // each of the next rows of A, of up to as many as the tile has.
    const float* next_c = nullptr;
    const float* next_a = nullptr;
    int64_t next_lda = 0, next_length = 0;
    // Packing by the way (micro with mr rows): what is read of B goes there, row after row
    // at distance nr, filled up with 0 to whole vectors.
    float* keep_b = nullptr;
};

// Positions in a page of the key/value cache (decode/kv_cache.h): a whole number of vectors
// in every instruction set.
inline constexpr int64_t kPagePositions = 16;

struct Kernels {
    const char* name; // "scalar", "avx2", "avx512", "neon"

    // --- matrix product (see gemm.h for the blocking around it) ---------------
    int mr;                          // rows of a tile of C in registers
    int nr;                          // its columns
    int mr_packed;                   // the distance of columns of a packed A
    void (*micro)(const Tile& tile); // at most mr rows and nr columns
    void (*small)(const Tile& tile); // any size; keeps nothing

    // small with its numbers one by one: A is a[i*row_a + l*col_a], one of both is 1.
    void tile(int64_t m, int64_t n, int64_t k, const float* a, int64_t row_a, int64_t col_a,
              const float* b, int64_t ldb, float* c, int64_t ldc, bool accumulate) const {
        Tile t;
        t.k = k;
        t.rows = m;
        t.cols = n;
        t.a = a;
        t.a_in_rows = col_a == 1;
        t.stride_a = t.a_in_rows ? row_a : col_a;
        t.b = b;
        t.ldb = ldb;
        t.c = c;
        t.ldc = ldc;
        t.accumulate = accumulate;
        t.next_a = a;
        small(t);
    }

    // Packs `count` columns, stored as rows at distance ldx, into panels of nr columns:
    // panel p begins at out + p * k * nr and holds k rows of nr numbers, the last panel
    // filled up with 0.
    void (*pack_transposed)(int64_t k, const float* x, int64_t ldx, int64_t count, int width,
                            float* out);

    // Packs k rows of strips * rows numbers, a transposed A, into strips of rows <= mr: strip s
    // begins at out + s * distance and holds k times `rows` numbers at distance mr_packed.
    void (*pack_columns)(int64_t k, const float* x, int64_t ldx, int64_t strips, int64_t rows,
                         int64_t distance, float* out);

    // --- vectors of n numbers ----------------------------------------------------
    void (*add)(int64_t n, const float* x, const float* y, float* out); // out = x + y
    void (*mul)(int64_t n, const float* x, const float* y, float* out); // out = x * y
    void (*axpy)(int64_t n, float alpha, const float* x, float* y);     // y += alpha x
    void (*scale)(int64_t n, float alpha, float* x);                    // x *= alpha
    float (*dot)(int64_t n, const float* x, const float* y);
    float (*sum)(int64_t n, const float* x);

    // GELU, tanh form (Hendrycks & Gimpel 2016): y = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
    void (*gelu)(int64_t n, const float* x, float* y);
    void (*gelu_grad)(int64_t n, const float* x, const float* dy, float* dx, bool accumulate);

    // y = exp(x - max x) / sum; returns log(sum exp x). x and y may be the same.
    float (*softmax)(int64_t n, const float* x, float* y);
    // y = exp(x - shift)
    void (*exp_shift)(int64_t n, const float* x, float shift, float* y);
    // One piece of a softmax row, for attention: t = max(*top, factor * max x), x becomes
    // exp(factor * x - t), *top becomes t; returns the sum of the new x. n > 0.
    float (*online_softmax)(int64_t n, float* x, float factor, float* top);
    // A softmax row and its gradient from the scores s and the row's log-sum-exp:
    // s becomes p = exp(factor * s - lse), d becomes factor * p * (d - centre).
    void (*softmax_grad)(int64_t n, float* s, float* d, float factor, float lse, float centre);

    // Layer norm of one row (Ba et al. 2016).
    void (*layer_norm)(int64_t n, const float* x, const float* gain, const float* bias, float eps,
                       float* y, float* mean, float* rstd);
    // dgain and dbias are always added to; dx is added to when `accumulate`.
    void (*layer_norm_grad)(int64_t n, const float* x, const float* gain, const float* dy,
                            float mean, float rstd, float* dx, bool accumulate, float* dgain,
                            float* dbias);

    // RMS norm of one row (Zhang & Sennrich 2019): y = gain x rstd with
    // rstd = 1 / sqrt(average of x^2 + eps). x and y may be the same.
    void (*rms_norm)(int64_t n, const float* x, const float* gain, float eps, float* y,
                     float* rstd);
    // dgain is always added to; dx is added to when `accumulate`.
    void (*rms_norm_grad)(int64_t n, const float* x, const float* gain, const float* dy, float rstd,
                          float* dx, bool accumulate, float* dgain);

    // SwiGLU (Shazeer 2020): y = gate sigmoid(gate) up. y may be one of both.
    void (*swiglu)(int64_t n, const float* gate, const float* up, float* y);
    void (*swiglu_grad)(int64_t n, const float* gate, const float* up, const float* dy,
                        float* dgate, bool add_gate, float* dup, bool add_up);

    // Rotary positions (Su et al. 2021) of one head of 2 half numbers: the pair (x_i, x_(half+i))
    // is turned by the angle whose cosine is turn_i and whose sine turn_(half+i); `back`: the
    // other way, which is the gradient. x and y may be the same.
    void (*rotate)(int64_t half, const float* x, const float* turn, bool back, float* y,
                   bool accumulate);

    // Attention of one token over n >= 1 cached positions in pages of kPagePositions, for
    // each head h, of which `group` neighbours share their keys and values, those of g = h / group:
    //   out_h = sum_i p_i value_g(i), p = softmax_i(factor * q_h . key_g(i))
    // At pages[i] + keys lie a page's keys as (heads / group, size, kPagePositions), at pages[i] +
    // values its values as (heads / group, kPagePositions, size); what is behind position n may be
    // anything. `scores` has room for `heads` rows of n numbers rounded up to whole pages.
    void (*attend_pages)(int64_t n, int64_t heads, int64_t group, int64_t size,
                         const float* const* pages, int64_t keys, int64_t values, const float* q,
                         float factor, float* scores, float* out);

    // AdamW (Loshchilov & Hutter 2019), one step on n numbers:
    //   g' = grad_scale g; m = b1 m + (1-b1) g'; v = b2 v + (1-b2) g'^2
    //   p -= rate (m / correct1 / (sqrt(v / correct2) + eps) + decay p)
    void (*adamw)(int64_t n, float* p, const float* g, float* m, float* v, float grad_scale,
                  float rate, float beta1, float beta2, float eps, float decay, float correct1,
                  float correct2);
};

const Kernels& scalar_kernels();
const Kernels* avx2_kernels();   // nullptr where not compiled in
const Kernels* avx512_kernels(); // nullptr where not compiled in
const Kernels* neon_kernels();   // nullptr where not compiled in

// The table in use: the best that the processor offers, or the one that
// QSTAR_ISA=scalar|avx2|avx512|neon|openblas names (openblas: matmul by OpenBLAS, the
// rest by the best table). An unknown or unsupported name is an Error.
const Kernels& kernels();
const char* isa_name(); // "scalar", "avx2", "avx512", "neon" or "openblas"
bool gemm_is_openblas();

// For tests and benchmarks only: puts another table in use for this process.
void use_isa(const char* name);

} // namespace qstar::engine
