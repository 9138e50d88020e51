#include "eval/measure/quantile.h"

#include "engine/base/error.h"

#include <algorithm>

namespace qstar::eval {

double quantile(const std::vector<double>& sorted, double q) {
    if (sorted.empty()) fail("a quantile needs at least one value");
    const double at = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<size_t>(at);
    const size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return quantile(values, 0.5);
}

} // namespace qstar::eval
