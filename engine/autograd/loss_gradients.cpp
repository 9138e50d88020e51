// The gradients of the losses and of what they are made of (losses.cpp).

#include "engine/autograd/gradients.h"

namespace qstar::engine {

// dlogits = dy w_r / sum(w) (softmax - onehot); rows of weight 0 get 0
void cross_entropy_grad(Tape& tape, Node& n) {
    const Slot d = slot(tape, n.input[0]);
    if (!d.data) return;
    const int64_t classes = n.saved[0].shape().last(), rows = n.saved[0].shape().rows();
    const float factor = n.grad[0] * n.constant[0];
    parallel_for(rows, row_grain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            float* to = d.data + r * classes;
            const float w = factor * n.weight[static_cast<size_t>(r)];
            if (d.fresh) std::fill_n(to, classes, 0.0f);
            if (n.weight[static_cast<size_t>(r)] == 0) continue;
            kernels().axpy(classes, w, n.saved[0].data() + r * classes, to);
            to[n.index[static_cast<size_t>(r)]] -= w;
        }
    });
}

// y_r = log softmax(x_r)[t]:  dx = dy_r (onehot - softmax)
void log_prob_grad(Tape& tape, Node& n) {
    const Slot d = slot(tape, n.input[0]);
    if (!d.data) return;
    const int64_t classes = n.saved[0].shape().last(), rows = n.saved[0].shape().rows();
    clear_if_fresh(d, rows * classes);
    for (int64_t r = 0; r < rows; ++r) {
        kernels().axpy(classes, -n.grad[r], n.saved[0].data() + r * classes, d.data + r * classes);
        d.data[r * classes + n.index[static_cast<size_t>(r)]] += n.grad[r];
    }
}

// H = lse - sum p x:  dH/dx_j = -p_j (x_j - lse + H)
void entropy_grad(Tape& tape, Node& n) {
    const float* x = tape.node(n.input[0]).value.data();
    const float* p = n.saved[0].data();
    const int64_t classes = n.saved[0].shape().last();
    add_each(slot(tape, n.input[0]), n.saved[0].size(), [&](int64_t i) {
        const int64_t r = i / classes;
        return -n.grad[r] * p[i] * (x[i] - n.saved[1][r] + n.value[r]);
    });
}

// dx_r = dy w_r / sum(w) (sigmoid(x_r) - label_r)
void binary_cross_entropy_grad(Tape& tape, Node& n) {
    const float factor = n.grad[0] * n.constant[0];
    add_each(slot(tape, n.input[0]), n.saved[0].size(),
             [&](int64_t i) { return factor * n.weight[static_cast<size_t>(i)] * n.saved[0][i]; });
}

} // namespace qstar::engine
