#pragma once
// What the gradients are written with (gradients.cpp, loss_gradients.cpp).
//
// A gradient reads its node's output gradient dy and adds to its inputs' gradients. The
// first contribution overwrites (the memory is not cleared first), later ones are added:
// that is what `Slot::fresh` says.

#include "engine/autograd/chunks.h"
#include "engine/autograd/tape.h"
#include "engine/kernels/kernels.h"
#include "engine/parallel.h"

#include <algorithm>

namespace qstar::engine {

// Where an input's gradient goes; data is null when it is not wanted.
struct Slot {
    float* data = nullptr;
    bool fresh = false; // nothing was written yet: overwrite
};

inline Slot slot(Tape& tape, int id) {
    if (id < 0) return {};
    Node& n = tape.node(id);
    if (!n.needs_grad) return {};
    if (!n.grad.empty()) return {n.grad.data(), false};
    n.grad = tape.allocate(n.value.shape());
    return {n.grad.data(), true};
}

inline void clear_if_fresh(const Slot& s, int64_t size) {
    if (s.fresh) std::fill_n(s.data, size, 0.0f);
}

// d[i] (+)= f(i), in chunks.
template <class Function>
void add_each(const Slot& d, int64_t size, Function f) {
    if (!d.data) return;
    parallel_for(size, element_grain, [&](int64_t begin, int64_t end) {
        if (d.fresh) {
            for (int64_t i = begin; i < end; ++i) d.data[i] = f(i);
        } else {
            for (int64_t i = begin; i < end; ++i) d.data[i] += f(i);
        }
    });
}

// d (+)= alpha * dy
inline void add_scaled(const Slot& d, const Tensor& dy, float alpha) {
    if (!d.data) return;
    parallel_for(dy.size(), element_grain, [&](int64_t begin, int64_t end) {
        if (d.fresh) {
            std::copy_n(dy.data() + begin, end - begin, d.data + begin);
            if (alpha != 1) kernels().scale(end - begin, alpha, d.data + begin);
        } else {
            kernels().axpy(end - begin, alpha, dy.data() + begin, d.data + begin);
        }
    });
}

// The gradients of the losses (loss_gradients.cpp).
void cross_entropy_grad(Tape& tape, Node& n);
void log_prob_grad(Tape& tape, Node& n);
void entropy_grad(Tape& tape, Node& n);
void binary_cross_entropy_grad(Tape& tape, Node& n);

} // namespace qstar::engine
