#include "eval/measure/interval.h"

#include <cmath>

namespace qstar::eval {

Interval wilson(int64_t solved, int64_t n) {
    if (n <= 0) return {};
    constexpr double kZ = 1.959963984540054; // the normal's 97.5 % point
    const auto count = static_cast<double>(n);
    const double p = static_cast<double>(solved) / count;
    const double scale = 1 + kZ * kZ / count;
    const double middle = (p + kZ * kZ / (2 * count)) / scale;
    const double half = kZ * std::sqrt(p * (1 - p) / count + kZ * kZ / (4 * count * count)) / scale;
    // At the ends the formula gives exactly 0 and 1, its rounding does not.
    return {solved == 0 ? 0.0 : middle - half, solved == n ? 1.0 : middle + half};
}

} // namespace qstar::eval
