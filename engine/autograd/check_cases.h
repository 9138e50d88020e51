#pragma once
// The operations of the tape for the gradient check, each with its formula in float64.

#include "engine/autograd/formulas64.h"
#include "engine/autograd/tape.h"
#include "engine/tensor/tensor.h"

#include <functional>
#include <string>
#include <vector>

namespace qstar::engine {

// An operation under test: inputs, the tape's version and the float64 formula.
struct GradientCase {
    std::string name;
    std::vector<Shape> shapes;
    std::function<Var(Tape&, const std::vector<Var>&)> on_tape;
    std::function<formulas64::Values(const formulas64::Inputs&)> formula;
    double low = -2, high = 2; // range of the inputs
};

// All of them, of small odd shapes.
std::vector<GradientCase> gradient_cases();

} // namespace qstar::engine
