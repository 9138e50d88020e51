#pragma once
// The middle of numbers, and what lies below a share of them: linear interpolation between
// order statistics (Hyndman and Fan 1996, "Sample Quantiles in Statistical Packages", type 7).

#include <vector>

namespace qstar::eval {

// The value below which the share `q` in [0, 1] of the sorted values lies. Error if there are none.
double quantile(const std::vector<double>& sorted, double q);

// In any order; the mean of the two in the middle of an even number. Error if there are none.
double median(std::vector<double> values);

} // namespace qstar::eval
