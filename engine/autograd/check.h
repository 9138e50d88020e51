#pragma once
// The gradient check: every operation of the tape against central differences.
//
// Each operation's formula is written down a second time, plainly and in float64.
// The gradient of a random weighting of its outputs is taken on the tape (fp32, the
// kernels in use) and by central differences of the float64 formula.

#include <string>
#include <vector>

namespace qstar::engine {

struct GradientCheck {
    std::string operation;
    double forward_error;  // largest |tape - float64| / max(1, |float64|)
    double gradient_error; // ||tape - differences|| / max(||differences||, 1e-3), worst input
    bool ok;               // both within 1e-3
};

// Small odd shapes, fixed seed. One row an operation.
std::vector<GradientCheck> check_gradients();

} // namespace qstar::engine
