#include "engine/autograd/check.h"

#include "engine/autograd/check_cases.h"
#include "engine/autograd/ops.h"
#include "engine/base/random.h"

#include <algorithm>
#include <cmath>

namespace qstar::engine {

using namespace formulas64;

namespace {

double dot64(const Values& a, const Values& b) {
    double s = 0;
    for (size_t i = 0; i < a.size(); ++i) s += a[i] * b[i];
    return s;
}

// The slope of weights . formula along each number of input `which`.
Values central_differences(const GradientCase& c, Inputs in, size_t which, const Values& weights) {
    constexpr double kH = 1e-6;
    Values slope;
    for (double& x : in[which]) {
        const double kept = x;
        x = kept + kH;
        const double above = dot64(weights, c.formula(in));
        x = kept - kH;
        const double below = dot64(weights, c.formula(in));
        x = kept;
        slope.push_back((above - below) / (2 * kH));
    }
    return slope;
}

GradientCheck check_case(const GradientCase& c) {
    Random random(7, c.name);
    Tape tape;
    Inputs in;
    std::vector<Var> vars;
    for (const Shape& shape : c.shapes) {
        Tensor t = Tensor::zeros(shape);
        Values values;
        for (float& x : t.values()) {
            x = static_cast<float>(c.low + (c.high - c.low) * random.uniform());
            values.push_back(x);
        }
        in.push_back(values);
        vars.push_back(tape.variable(t));
    }
    const Var out = c.on_tape(tape, vars);
    const Values expected = c.formula(in);
    GradientCheck result{c.name, 0, 0, false};
    Values weights;
    Tensor weights32 = Tensor::zeros(tape.value(out).shape());
    for (size_t i = 0; i < expected.size(); ++i) {
        const auto at = static_cast<int64_t>(i);
        const double found = tape.value(out)[at];
        result.forward_error =
            std::max(result.forward_error,
                     std::abs(found - expected[i]) / std::max(1.0, std::abs(expected[i])));
        weights32[at] = static_cast<float>(random.normal());
        weights.push_back(weights32[at]);
    }
    tape.backward(sum(tape, mul(tape, out, tape.constant(weights32))));
    for (size_t which = 0; which < in.size(); ++which) {
        const Values slope = central_differences(c, in, which, weights);
        double error = 0, norm = 0;
        for (size_t i = 0; i < slope.size(); ++i) {
            const double found = tape.grad(vars[which])[static_cast<int64_t>(i)];
            error += (found - slope[i]) * (found - slope[i]);
            norm += slope[i] * slope[i];
        }
        result.gradient_error =
            std::max(result.gradient_error, std::sqrt(error) / std::max(std::sqrt(norm), 1e-3));
    }
    result.ok = result.forward_error < 1e-3 && result.gradient_error < 1e-3;
    return result;
}

} // namespace

std::vector<GradientCheck> check_gradients() {
    std::vector<GradientCheck> results;
    for (const GradientCase& c : gradient_cases()) results.push_back(check_case(c));
    return results;
}

} // namespace qstar::engine
