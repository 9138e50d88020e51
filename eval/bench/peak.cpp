#include "eval/bench/peak.h"

#include "engine/base/cpu.h"
#include "engine/base/error.h"
#include "engine/base/parallel.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define QSTAR_PEAK 1 // GCC and Clang: functions for an instruction set of their own
#include <fmt/core.h>
#include <immintrin.h>
#endif

namespace qstar::eval {

#ifdef QSTAR_PEAK

namespace {

// A multiply-add takes four cycles and two begin in each: from eight chains on, they
// hide each other's wait. Both loops do kPeakWork operations; the result goes where no
// compiler can see that it is unused. Compiled at -O2, with what computes: at -Og the chains lie
// in memory, and the "peak" is an eighth of it.
[[gnu::target("avx512f"), gnu::noinline]] void burst_avx512() {
    __m512 chain[24];
    const __m512 x = _mm512_set1_ps(0.5f);
    for (__m512& c : chain) c = x;
    for (int i = 0; i < 4096; ++i) {
#pragma GCC unroll 24
        for (int c = 0; c < 24; ++c) chain[c] = _mm512_fmadd_ps(chain[c], x, x);
    }
    for (__m512& c : chain) asm volatile("" : : "v"(c));
}

[[gnu::target("avx2,fma"), gnu::noinline]] void burst_avx2() {
    __m256 chain[12];
    const __m256 x = _mm256_set1_ps(0.5f);
    for (__m256& c : chain) c = x;
    for (int i = 0; i < 4 * 4096; ++i) {
#pragma GCC unroll 12
        for (int c = 0; c < 12; ++c) chain[c] = _mm256_fmadd_ps(chain[c], x, x);
    }
    for (__m256& c : chain) asm volatile("" : : "x"(c));
}

} // namespace

bool has_peak(const std::string& isa) {
    return (isa == "avx512" && engine::cpu().avx512) || (isa == "avx2" && engine::cpu().avx2);
}

void run_peak(const std::string& isa, int64_t times) {
    if (!has_peak(isa)) fail("there is no loop that measures the peak of {}", isa);
    engine::parallel_for(times, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) isa == "avx512" ? burst_avx512() : burst_avx2();
    });
}

#else

bool has_peak(const std::string&) { return false; }

void run_peak(const std::string& isa, int64_t) {
    fail("there is no loop that measures the peak of {}", isa);
}

#endif

Row peak_row(const Summary& all, const Summary& one, int threads, const std::string& isa) {
    Row row;
    row.work = "peak: multiply-adds in registers";
    row.unit = "GFLOP/s";
    row.threads = threads;
    row.isa = isa;
    row.ours = all;
    if (threads == 1) {
        row.peer_name = "none: this is the limit";
        return row;
    }
    row.peer = {threads * one.median, threads * one.low, threads * one.high};
    row.peer_name = fmt::format("{} times one thread", threads);
    return row;
}

} // namespace qstar::eval
