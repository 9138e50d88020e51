#pragma once
// The 95 % interval of a proportion (Wilson 1927, "Probable Inference, the Law of
// Succession, and Statistical Inference"): right also near 0 % and 100 %.

#include <cstdint>

namespace qstar::eval {

struct Interval {
    double low = 0, high = 1;
};

// `solved` of `n`, 0 <= solved <= n; n = 0 knows nothing: [0, 1].
Interval wilson(int64_t solved, int64_t n);

// Whether they have no point in common.
inline bool apart(const Interval& a, const Interval& b) { return a.high < b.low || b.high < a.low; }

} // namespace qstar::eval
