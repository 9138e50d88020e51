#include "eval/bench/peak.h"

#include "engine/error.h"
#include "engine/kernels/cpu.h"
#include "engine/parallel.h"

#include <cmath>

#if defined(__x86_64__) && defined(__GNUC__)
#define QSTAR_PEAK 1 // GCC and Clang: functions for an instruction set of their own
#include <immintrin.h>
#endif

namespace qstar::eval {

#ifdef QSTAR_PEAK

namespace {

constexpr int64_t kBurst = 4096; // repetitions of the loop

// A multiply-add takes four cycles and two begin in each: from eight chains on, they
// hide each other's wait. The result goes where no compiler can see that it is unused.
[[gnu::target("avx512f"), gnu::noinline]] double burst_avx512() {
    constexpr int kChains = 24;
    __m512 chain[kChains];
    const __m512 x = _mm512_set1_ps(0.5f);
    for (__m512& c : chain) c = x;
    for (int64_t i = 0; i < kBurst; ++i) {
#pragma GCC unroll 24
        for (int c = 0; c < kChains; ++c) chain[c] = _mm512_fmadd_ps(chain[c], x, x);
    }
    for (__m512& c : chain) asm volatile("" : : "v"(c));
    return 2.0 * 16 * kChains * kBurst;
}

[[gnu::target("avx2,fma"), gnu::noinline]] double burst_avx2() {
    constexpr int kChains = 12;
    __m256 chain[kChains];
    const __m256 x = _mm256_set1_ps(0.5f);
    for (__m256& c : chain) c = x;
    for (int64_t i = 0; i < kBurst; ++i) {
#pragma GCC unroll 12
        for (int c = 0; c < kChains; ++c) chain[c] = _mm256_fmadd_ps(chain[c], x, x);
    }
    for (__m256& c : chain) asm volatile("" : : "x"(c));
    return 2.0 * 8 * kChains * kBurst;
}

} // namespace

bool has_peak(const std::string& isa) {
    return (isa == "avx512" && engine::cpu().avx512) || (isa == "avx2" && engine::cpu().avx2);
}

double run_peak(const std::string& isa, double flops) {
    if (!has_peak(isa)) fail("there is no loop that measures the peak of {}", isa);
    const bool wide = isa == "avx512";
    const double each = 2.0 * (wide ? 16 * 24 : 8 * 12) * static_cast<double>(kBurst);
    const auto bursts = static_cast<int64_t>(std::ceil(flops / each));
    engine::parallel_for(bursts, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) wide ? burst_avx512() : burst_avx2();
    });
    return each * static_cast<double>(bursts);
}

#else

bool has_peak(const std::string&) { return false; }

double run_peak(const std::string& isa, double) {
    fail("there is no loop that measures the peak of {}", isa);
}

#endif

} // namespace qstar::eval
