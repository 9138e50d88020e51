#pragma once
// What the gradients are written with (gradients.cpp, loss_gradients.cpp).
//
// A gradient reads its node's output gradient dy and adds to its inputs' gradients. The
// first contribution overwrites (the memory is not cleared first), later ones are added:
// that is what `GradTarget::fresh` (device/device.h) says.

#include "engine/autograd/tape.h"
#include "engine/device/device.h"

namespace qstar::engine {

inline GradTarget grad_target(Tape& tape, int id) {
    if (id < 0) return {};
    Node& n = tape.node(id);
    if (!n.needs_grad) return {};
    if (!n.grad.empty()) return {n.grad.data(), false};
    n.grad = tape.allocate(n.value.shape());
    return {n.grad.data(), true};
}

// The gradients of the losses (loss_gradients.cpp).
void cross_entropy_grad(Tape& tape, Node& n);
void log_prob_grad(Tape& tape, Node& n);
void entropy_grad(Tape& tape, Node& n);
void binary_cross_entropy_grad(Tape& tape, Node& n);

} // namespace qstar::engine
