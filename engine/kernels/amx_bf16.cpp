// The bf16 kernels with Intel's AMX, compiled with its flags.
//
// The processor has eight tiles of 16 rows of 64 bytes. TDPBF16PS takes a tile of A, 16 rows
// of 16 pairs, and a tile of B, 16 pair rows of 16 columns, and adds their product to a tile
// of C, 16 x 16 fp32 numbers: 8192 multiply-adds by one instruction (Intel 64 and IA-32
// Architectures Software Developer's Manual, volume 1, chapter 18). Four tiles hold 32 x 32
// numbers of C, two are of A and two of B, so that what is loaded is used twice.

#include "engine/kernels/bf16.h"

#ifdef QSTAR_AMX

#include <immintrin.h>
#include <stdint.h>

namespace qstar::engine {

namespace {

constexpr int kSide = 16;       // rows, pairs or fp32 numbers of a tile
constexpr int kTwo = 2 * kSide; // of C in registers

// What LDTILECFG reads: all eight tiles at their full size.
struct alignas(64) TileConfig {
    uint8_t palette = 1;
    uint8_t start_row = 0;
    uint8_t reserved[14] = {};
    uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfig) == 64);
const TileConfig kConfig;

void begin() { _tile_loadconfig(&kConfig); }
void end() { _tile_release(); }

// R x N tiles of C. They begin at 0, or at the numbers of `start`, whose rows are
// start_bytes apart (0: all rows are the same one).
template <int R, int N>
void block(int64_t pairs, const uint32_t* a, int64_t a_bytes, const uint32_t* b, const float* start,
           int64_t start_bytes, float* c, int64_t c_bytes) {
    constexpr int64_t kBBytes = kTwo * sizeof(uint32_t);
    const auto down = [](auto* x, int64_t bytes) { // 16 rows further
        return x + kSide * bytes / static_cast<int64_t>(sizeof *x);
    };
    // GCC's tile loads do not say that they read memory: what was written is to be there.
    __asm__ volatile("" ::: "memory");
    if (start != nullptr) {
        _tile_loadd(0, start, start_bytes);
        if constexpr (N == 2) _tile_loadd(1, start + kSide, start_bytes);
        if constexpr (R == 2) _tile_loadd(2, down(start, start_bytes), start_bytes);
        if constexpr (R == 2 && N == 2)
            _tile_loadd(3, down(start, start_bytes) + kSide, start_bytes);
    } else {
        _tile_zero(0);
        if constexpr (N == 2) _tile_zero(1);
        if constexpr (R == 2) _tile_zero(2);
        if constexpr (R == 2 && N == 2) _tile_zero(3);
    }
    for (int64_t p = 0; p < pairs; p += kSide) {
        _tile_loadd(4, a + p, a_bytes);
        _tile_loadd(6, b + p * kTwo, kBBytes);
        _tile_dpbf16ps(0, 4, 6);
        if constexpr (N == 2) {
            _tile_loadd(7, b + p * kTwo + kSide, kBBytes);
            _tile_dpbf16ps(1, 4, 7);
        }
        if constexpr (R == 2) {
            _tile_loadd(5, down(a, a_bytes) + p, a_bytes);
            _tile_dpbf16ps(2, 5, 6);
            if constexpr (N == 2) _tile_dpbf16ps(3, 5, 7);
        }
    }
    _tile_stored(0, c, c_bytes);
    if constexpr (N == 2) _tile_stored(1, c + kSide, c_bytes);
    if constexpr (R == 2) _tile_stored(2, down(c, c_bytes), c_bytes);
    if constexpr (R == 2 && N == 2) _tile_stored(3, down(c, c_bytes) + kSide, c_bytes);
}

// The chain of sums of an element begins at C, or else at the bias, or else at 0; a bias that
// was not the beginning comes last.
void micro(int64_t pairs, const uint32_t* a, int64_t row_a, int64_t, const uint32_t* b, float* c,
           int64_t ldc, int rows, int cols, bool accumulate, const float* bias) {
    // Where C is smaller than the tiles it is computed beside its place.
    alignas(64) float edge[kTwo * kTwo], edge_bias[kTwo];
    const bool whole = rows % kSide == 0 && cols % kSide == 0;
    const float* start = accumulate ? c : bias;
    int64_t ld = ldc, start_ld = accumulate ? ldc : 0;
    float* out = c;
    if (!whole) {
        for (float& x : edge) x = 0;
        for (int j = 0; j < kTwo; ++j) edge_bias[j] = bias != nullptr && j < cols ? bias[j] : 0;
        for (int i = 0; accumulate && i < rows; ++i)
            for (int j = 0; j < cols; ++j) edge[i * kTwo + j] = c[i * ldc + j];
        start = accumulate ? edge : bias != nullptr ? edge_bias : nullptr;
        start_ld = accumulate ? kTwo : 0;
        out = edge;
        ld = kTwo;
    }
    const auto run = rows > kSide ? (cols > kSide ? block<2, 2> : block<2, 1>)
                                  : (cols > kSide ? block<1, 2> : block<1, 1>);
    constexpr auto kBytes = static_cast<int64_t>(sizeof(float));
    run(pairs, a, row_a * kBytes, b, start, start_ld * kBytes, out, ld * kBytes);
    if (whole && !(accumulate && bias != nullptr)) return;
    for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < cols; ++j) {
            const float x = out[i * ld + j];
            c[i * ldc + j] = accumulate && bias != nullptr ? x + bias[j] : x;
        }
    }
}

} // namespace

// Rounding is that of AVX512_BF16, which every processor with AMX has.
const Bf16Kernels* amx_bf16_kernels() {
    const Bf16Kernels* vectors = avx512_bf16_kernels();
    if (vectors == nullptr) return nullptr;
    static const Bf16Kernels table = {
        "amx", kTwo,  kTwo, kSide, true, vectors->pair_rows, vectors->pair_columns,
        micro, begin, end};
    return &table;
}

} // namespace qstar::engine

#else

namespace qstar::engine {
const Bf16Kernels* amx_bf16_kernels() { return nullptr; }
} // namespace qstar::engine

#endif
