#pragma once
// The floating-point limit of this processor, measured: a loop of fused multiply-adds
// in registers that do not wait for each other. What a kernel reaches is given as a
// share of it.

#include "eval/bench/row.h"

#include <string>

namespace qstar::eval {

// Whether there is such a loop for "avx2" or "avx512" (on x86, and offered).
bool has_peak(const std::string& isa);

// Does kPeakWork fp32 operations so many times (a multiply-add is two), on all threads that
// the engine may use. Error if !has_peak(isa).
void run_peak(const std::string& isa, int64_t times);
inline constexpr double kPeakWork = 2.0 * 16 * 24 * 4096;

// The peak of all threads by the clock on the wall, beside as many times that of one
// thread by its processor time. A ratio well below 1 says that other programs had part of
// the processors, and that no figure of several threads is to be trusted.
Row peak_row(const Summary& all, const Summary& one, int threads, const std::string& isa);
inline constexpr double kUndisturbed = 0.85; // the least ratio of an honest measurement

} // namespace qstar::eval
