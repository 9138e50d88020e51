#pragma once
// The floating-point limit of this processor, measured: a loop of fused multiply-adds
// in registers that do not wait for each other. What a kernel reaches is given as a
// share of it.

#include <cstdint>
#include <string>

namespace qstar::eval {

// Whether there is such a loop for "avx2" or "avx512" (on x86, and offered).
bool has_peak(const std::string& isa);

// Does at least so many fp32 operations (a multiply-add is two) on all threads that the
// engine may use; gives how many it did. Error if !has_peak(isa).
double run_peak(const std::string& isa, double flops);

} // namespace qstar::eval
