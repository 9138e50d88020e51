#include "engine/base/elementary.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace qstar::math {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// ln 2 in two pieces: a whole number times the first is exact.
constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;

// The nearest whole number, of |x| < 2^51.
double nearest(double x) {
    constexpr double kShift = 0x1.8p52;
    return (x + kShift) - kShift;
}

double power_of_two(int n) { // of a normal number
    return std::bit_cast<double>(static_cast<uint64_t>(n + 1023) << 52);
}

// x 2^n, rounded once: the first of two steps is exact.
double scaled(double x, int n) {
    const int half = n / 2;
    return x * power_of_two(half) * power_of_two(n - half);
}

// 1/k!, correctly rounded: k! is exact.
constexpr auto kOverFactorial = [] {
    std::array<double, 19> list{};
    double factorial = 1;
    for (size_t k = 0; k < list.size(); ++k) {
        if (k > 0) factorial *= static_cast<double>(k);
        list[k] = 1 / factorial;
    }
    return list;
}();

// (e^r - 1 - r) / r^2 = 1/2! + r/3! + r^2/4! + ... of |r| <= 0.35.
double exp_rest(double r) {
    double sum = 0;
    for (size_t k = 14; k >= 2; --k) sum = sum * r + kOverFactorial[k];
    return sum;
}

} // namespace

// e^x = 2^n e^r, n = round(x / ln 2), |r| <= ln 2 / 2.
double exp(double x) {
    if (!(x > -746)) return x != x ? kNan : 0;
    if (x > 710) return kInfinity;
    const double n = nearest(x * 0x1.71547652b82fep+0);
    const double high = x - n * kLn2High, low = n * kLn2Low;
    const double r = high - low;
    return scaled(1 + (r + r * r * exp_rest(r)), static_cast<int>(n));
}

double expm1(double x) {
    if (x > -0.34 && x < 0.34) return x + x * x * exp_rest(x);
    return exp(x) - 1;
}

// log(2^n m) = n ln 2 + log m, m in [sqrt(1/2), sqrt(2)). With f = m - 1 and s = f / (2 + f):
//   log(1 + f) = 2 (s + s^3/3 + s^5/5 + ...) = f - s (f - r),  r = 2 s^2 (1/3 + s^2/5 + ...)
double log(double x) {
    if (!(x > 0)) return x == 0 ? -kInfinity : kNan;
    if (x == kInfinity) return kInfinity;
    int n = 0;
    if (x < 0x1p-1022) { // no normal number
        x *= 0x1p54;
        n = -54;
    }
    // The exponent of x / sqrt(1/2), so that m lies around 1.
    const auto bits = std::bit_cast<uint64_t>(x);
    const auto above = static_cast<int64_t>(bits - std::bit_cast<uint64_t>(0x1.6a09e667f3bcdp-1));
    const auto exponent = static_cast<int>(above >> 52);
    n += exponent;
    const double m = std::bit_cast<double>(bits - (static_cast<uint64_t>(int64_t{exponent}) << 52));
    const double f = m - 1, s = f / (2 + f), square = s * s;
    double sum = 0;
    for (int k = 23; k >= 3; k -= 2) sum = sum * square + 2.0 / k;
    const double rest = s * (f - square * sum);
    return n * kLn2High - ((rest - n * kLn2Low) - f);
}

// Kahan: log(u) / (u - 1) hardly changes where u = 1 + x is rounded.
double log1p(double x) {
    const double u = 1 + x;
    if (u == 1) return x;
    if (!(u > 0) || u == kInfinity) return log(u);
    return log(u) * (x / (u - 1));
}

double log10(double x) { return log(x) * 0x1.bcb7b1526e50ep-2; }

namespace {

// x = k pi/2 + r, |r| <= pi/4, with pi/2 in three pieces of which two have 33 bits.
struct Quadrant {
    int k; // of 0 to 3
    double r;
};

Quadrant quadrant_of(double x) {
    const double k = nearest(x * 0x1.45f306dc9c883p-1);
    const double r = ((x - k * 0x1.921fb544p+0) - k * 0x1.0b4611a6p-34) - k * 0x1.3198a2e037073p-69;
    return {static_cast<int>(static_cast<int64_t>(k) & 3), r};
}

double sin_near(double r) {
    const double square = r * r;
    double sum = 0; // -1/3! + r^2/5! - ...
    for (size_t k = 17; k >= 3; k -= 2)
        sum = sum * square + (k % 4 == 3 ? -1 : 1) * kOverFactorial[k];
    return r + r * square * sum;
}

double cos_near(double r) {
    const double square = r * r;
    double sum = 0; // 1/4! - r^2/6! + ...
    for (size_t k = 18; k >= 4; k -= 2)
        sum = sum * square + (k % 4 == 2 ? -1 : 1) * kOverFactorial[k];
    const double half = 0.5 * square, near = 1 - half;
    return near + ((1 - near - half) + square * square * sum);
}

bool too_large(double x) { return !(x >= -0x1p20 && x <= 0x1p20); }

} // namespace

double sin(double x) {
    if (too_large(x)) return kNan;
    const Quadrant q = quadrant_of(x);
    const double y = q.k % 2 == 0 ? sin_near(q.r) : cos_near(q.r);
    return q.k < 2 ? y : -y;
}

double cos(double x) {
    if (too_large(x)) return kNan;
    const Quadrant q = quadrant_of(x);
    const double y = q.k % 2 == 0 ? cos_near(q.r) : sin_near(q.r);
    return q.k == 0 || q.k == 3 ? y : -y;
}

// tanh x = 1 - 2 / (e^2x + 1), near 0 from e^2x - 1; odd.
double tanh(double x) {
    const double size = std::abs(x);
    const double t = expm1(2 * size);
    const double y = size > 20 ? 1 : size > 1 ? 1 - 2 / (t + 2) : t / (t + 2);
    return x != x ? kNan : x < 0 ? -y : y;
}

double sigmoid(double x) { return 1 / (1 + exp(-x)); }

double softplus(double x) { return (x > 0 ? x : 0) + log1p(exp(-std::abs(x))); }

double power(double x, int64_t n) {
    double result = 1, square = n < 0 ? 1 / x : x;
    for (uint64_t left = n < 0 ? 0 - static_cast<uint64_t>(n) : static_cast<uint64_t>(n); left > 0;
         left /= 2) {
        if (left % 2 == 1) result *= square;
        square *= square;
    }
    return result;
}

double power(double x, double y) { return exp(y * log(x)); }

float exp(float x) { return static_cast<float>(exp(double{x})); }
float log(float x) { return static_cast<float>(log(double{x})); }
float log1p(float x) { return static_cast<float>(log1p(double{x})); }
float tanh(float x) { return static_cast<float>(tanh(double{x})); }
float sigmoid(float x) { return static_cast<float>(sigmoid(double{x})); }
float softplus(float x) { return static_cast<float>(softplus(double{x})); }

} // namespace qstar::math
