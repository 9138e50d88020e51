#include "engine/base/elementary.h"

#include "engine/base/random.h"

#include <cmath>
#include <doctest/doctest.h>
#include <limits>
#include <string>
#include <vector>

using namespace qstar;

namespace {

// The C library's long double, which is exact to a double's last place and more.
struct Function {
    std::string name;
    double (*ours)(double);
    long double (*truth)(long double);
    double low, high; // of the argument
    double units;     // in the last place
};

double units_off(double x, const Function& f) {
    const long double truth = f.truth(x);
    const double there = std::fabs(static_cast<double>(truth));
    const double unit = std::nextafter(there, INFINITY) - there;
    return static_cast<double>(std::fabs(static_cast<long double>(f.ours(x)) - truth)) / unit;
}

long double sigmoid_of(long double x) { return 1 / (1 + std::exp(-x)); }
long double softplus_of(long double x) { return std::log1p(std::exp(x)); }

} // namespace

TEST_CASE("elementary functions are as near to the truth as they say") {
    if (std::numeric_limits<long double>::digits <= 53) return; // nothing to compare with
    const std::vector<Function> functions = {
        {"exp", math::exp, std::exp, -740, 709, 1.01},
        {"exp near 0", math::exp, std::exp, -1, 1, 1.01},
        {"expm1", math::expm1, std::expm1, -2, 2, 4},
        {"expm1 near 0", math::expm1, std::expm1, -1e-8, 1e-8, 4},
        {"log", math::log, std::log, 1e-300, 1e300, 1.01},
        {"log near 1", math::log, std::log, 0.5, 2, 1.01},
        {"log1p", math::log1p, std::log1p, -0.9, 5, 3},
        {"log1p near 0", math::log1p, std::log1p, -1e-5, 1e-5, 3},
        {"log10", math::log10, std::log10, 1e-5, 1e5, 2},
        {"sin", math::sin, std::sin, -7, 7, 1.5},
        {"cos", math::cos, std::cos, -7, 7, 1.5},
        {"sin of much", math::sin, std::sin, -1e6, 1e6, 2.5},
        {"cos of much", math::cos, std::cos, -1e6, 1e6, 2.5},
        {"tanh", math::tanh, std::tanh, -5, 5, 3},
        {"tanh near 0", math::tanh, std::tanh, -1e-6, 1e-6, 3},
        {"sigmoid", math::sigmoid, sigmoid_of, -30, 30, 2},
        {"softplus", math::softplus, softplus_of, -30, 30, 3},
    };
    Random random(3, "elementary");
    for (const Function& f : functions) {
        CAPTURE(f.name);
        double worst = 0, at = 0;
        for (int i = 0; i < 20000; ++i) {
            const double x = f.low + (f.high - f.low) * random.uniform();
            const double off = units_off(x, f);
            if (!(off <= worst)) worst = off, at = x;
        }
        CAPTURE(at);
        CHECK(worst <= f.units);
    }
}

TEST_CASE("elementary functions at their ends") {
    const double infinity = std::numeric_limits<double>::infinity(), nan = std::nan("");
    CHECK(math::exp(0.0) == 1);
    CHECK(math::exp(710.0) == infinity);
    CHECK(math::exp(infinity) == infinity);
    CHECK(math::exp(-infinity) == 0);
    CHECK(math::exp(-745.1) == std::numeric_limits<double>::denorm_min());
    CHECK(math::log(1.0) == 0);
    CHECK(math::log(0.0) == -infinity);
    CHECK(math::log(infinity) == infinity);
    CHECK(std::isnan(math::log(-1.0)));
    CHECK(math::log(std::numeric_limits<double>::denorm_min()) == doctest::Approx(-744.4400719));
    CHECK(math::log1p(-1.0) == -infinity);
    CHECK(math::tanh(100.0) == 1);
    CHECK(math::tanh(-100.0) == -1);
    CHECK(math::sin(0.0) == 0);
    CHECK(math::cos(0.0) == 1);
    CHECK(std::isnan(math::cos(1e9)));
    CHECK(math::softplus(1e300) == 1e300);
    CHECK(math::softplus(-1e300) == 0);
    CHECK(math::sigmoid(-1e300) == 0);
    for (double (*f)(double) :
         {math::exp, math::expm1, math::log, math::log1p, math::sin, math::cos, math::tanh})
        CHECK(std::isnan(f(nan)));
    CHECK(math::power(3.0, int64_t{5}) == 243);
    CHECK(math::power(2.0, int64_t{-3}) == 0.125);
    CHECK(math::power(0.5, int64_t{0}) == 1);
    CHECK(math::power(9.0, 0.5) == doctest::Approx(3));
}
