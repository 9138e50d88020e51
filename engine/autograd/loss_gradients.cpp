// The gradients of the losses and of what they are made of (losses.cpp).

#include "engine/autograd/gradients.h"

namespace qstar::engine {

// dlogits = dy w_r / sum(w) (softmax - onehot); rows of weight 0 get 0
void cross_entropy_grad(Tape& tape, Node& n) {
    const Shape s = n.saved[0].shape();
    tape.device().cross_entropy_grad(s.rows(), s.last(), n.saved[0].data(), n.index.data(),
                                     n.weight.data(), n.grad.data(), n.constant[0],
                                     grad_target(tape, n.input[0]));
}

// y_r = log softmax(x_r)[t]:  dx = dy_r (onehot - softmax)
void log_prob_grad(Tape& tape, Node& n) {
    const Shape s = n.saved[0].shape();
    tape.device().log_prob_grad(s.rows(), s.last(), n.saved[0].data(), n.index.data(),
                                n.grad.data(), grad_target(tape, n.input[0]));
}

// H = lse - sum p x:  dH/dx_j = -p_j (x_j - lse + H)
void entropy_grad(Tape& tape, Node& n) {
    const Shape s = n.saved[0].shape();
    tape.device().entropy_grad(s.rows(), s.last(), tape.node(n.input[0]).value.data(),
                               n.saved[0].data(), n.saved[1].data(), n.value.data(), n.grad.data(),
                               grad_target(tape, n.input[0]));
}

// dx_r = dy w_r / sum(w) (sigmoid(x_r) - label_r)
void binary_cross_entropy_grad(Tape& tape, Node& n) {
    tape.device().binary_cross_entropy_grad(n.saved[0].size(), n.saved[0].data(), n.weight.data(),
                                            n.grad.data(), n.constant[0],
                                            grad_target(tape, n.input[0]));
}

} // namespace qstar::engine
