// The gradient of every operation but the losses (loss_gradients.cpp), in the order of
// tape.h.

#include "engine/autograd/gradients.h"
#include "engine/autograd/attention.h"
#include "engine/autograd/tape.h"
#include "engine/error.h"
#include "engine/kernels/kernels.h"
#include "engine/parallel.h"

#include <algorithm>
#include <cmath>

namespace qstar::engine {

namespace {

// d[row of C] += the sum over rows of dy, in fixed chunks of rows and the chunks in order.
void add_column_sums(Tape& tape, const Slot& d, const float* dy, int64_t rows, int64_t columns) {
    if (!d.data) return;
    clear_if_fresh(d, columns);
    const int64_t chunks = (rows + row_grain - 1) / row_grain;
    Tensor partial = tape.allocate({chunks, columns});
    parallel_for(rows, row_grain, [&](int64_t begin, int64_t end) {
        float* sum = partial.data() + begin / row_grain * columns;
        std::fill_n(sum, columns, 0.0f);
        for (int64_t r = begin; r < end; ++r) kernels().add(columns, sum, dy + r * columns, sum);
    });
    for (int64_t c = 0; c < chunks; ++c) {
        kernels().add(columns, d.data, partial.data() + c * columns, d.data);
    }
    tape.release(partial);
}

// y = x W + b:  dx = dy W^T,  dW = x^T dy,  db = column sums of dy
void linear_grad(Tape& tape, Node& n) {
    const Tensor x = tape.node(n.input[0]).value, w = tape.node(n.input[1]).value;
    const int64_t rows = n.grad.shape().rows(), in = w.shape()[0], out = w.shape()[1];
    const float* dy = n.grad.data();
    if (const Slot dx = slot(tape, n.input[0]); dx.data) {
        gemm({.trans_b = true,
              .m = rows,
              .n = in,
              .k = out,
              .a = dy,
              .lda = out,
              .b = w.data(),
              .ldb = out,
              .c = dx.data,
              .ldc = in,
              .accumulate = !dx.fresh},
             tape.precision);
    }
    if (const Slot dw = slot(tape, n.input[1]); dw.data) {
        gemm({.trans_a = true,
              .m = in,
              .n = out,
              .k = rows,
              .a = x.data(),
              .lda = in,
              .b = dy,
              .ldb = out,
              .c = dw.data,
              .ldc = out,
              .accumulate = !dw.fresh},
             tape.precision);
    }
    add_column_sums(tape, slot(tape, n.input[2]), dy, rows, out);
}

// y = a b:    da = dy b^T, db = a^T dy
// y = a b^T:  da = dy b,   db = dy^T a
void matmul_grad(Tape& tape, Node& n) {
    const Tensor a = tape.node(n.input[0]).value, b = tape.node(n.input[1]).value;
    const bool transposed = n.attribute[0] != 0;
    const int64_t rows = n.grad.shape().rows(), columns = n.grad.shape().last();
    const int64_t k = a.shape().last(), ldb = b.shape().last();
    const float* dy = n.grad.data();
    if (const Slot da = slot(tape, n.input[0]); da.data) {
        gemm({.trans_b = !transposed,
              .m = rows,
              .n = k,
              .k = columns,
              .a = dy,
              .lda = columns,
              .b = b.data(),
              .ldb = ldb,
              .c = da.data,
              .ldc = k,
              .accumulate = !da.fresh},
             tape.precision);
    }
    if (const Slot db = slot(tape, n.input[1]); db.data && transposed) {
        gemm({.trans_a = true,
              .m = columns,
              .n = k,
              .k = rows,
              .a = dy,
              .lda = columns,
              .b = a.data(),
              .ldb = k,
              .c = db.data,
              .ldc = k,
              .accumulate = !db.fresh},
             tape.precision);
    } else if (db.data) {
        gemm({.trans_a = true,
              .m = k,
              .n = columns,
              .k = rows,
              .a = a.data(),
              .lda = k,
              .b = dy,
              .ldb = columns,
              .c = db.data,
              .ldc = columns,
              .accumulate = !db.fresh},
             tape.precision);
    }
}

// y = a + b:  da = dy, db = dy.   y = a - b:  db = -dy
void add_grad(Tape& tape, Node& n, float sign_of_b) {
    add_scaled(slot(tape, n.input[1]), n.grad, sign_of_b);
    // Nobody reads dy after this: where a has no gradient yet, dy becomes it.
    Node& a = tape.node(n.input[0]);
    if (a.needs_grad && a.grad.empty() && !n.kept) {
        a.grad = n.grad;
        n.grad = Tensor();
    } else {
        add_scaled(slot(tape, n.input[0]), n.grad, 1.0f);
    }
}

// y = a * b:  da = dy b, db = dy a
void mul_grad(Tape& tape, Node& n) {
    const float* a = tape.node(n.input[0]).value.data();
    const float* b = tape.node(n.input[1]).value.data();
    const float* dy = n.grad.data();
    add_each(slot(tape, n.input[0]), n.grad.size(), [=](int64_t i) { return dy[i] * b[i]; });
    add_each(slot(tape, n.input[1]), n.grad.size(), [=](int64_t i) { return dy[i] * a[i]; });
}

// y = min(a, b): dy goes to the smaller one
void minimum_grad(Tape& tape, Node& n) {
    const float* a = tape.node(n.input[0]).value.data();
    const float* b = tape.node(n.input[1]).value.data();
    const float* dy = n.grad.data();
    add_each(slot(tape, n.input[0]), n.grad.size(),
             [=](int64_t i) { return b[i] < a[i] ? 0.0f : dy[i]; });
    add_each(slot(tape, n.input[1]), n.grad.size(),
             [=](int64_t i) { return b[i] < a[i] ? dy[i] : 0.0f; });
}

// Elementwise y = f(x): dx = dy f'(x), written with x and y at hand.
template <class Derivative>
void unary_grad(Tape& tape, Node& n, Derivative derivative) {
    const float* x = tape.node(n.input[0]).value.data();
    const float* y = n.value.data();
    const float* dy = n.grad.data();
    add_each(slot(tape, n.input[0]), n.grad.size(),
             [=](int64_t i) { return dy[i] * derivative(x[i], y[i]); });
}

// y = sum x:  dx = dy everywhere
void sum_grad(Tape& tape, Node& n) {
    const float dy = n.grad[0];
    add_each(slot(tape, n.input[0]), tape.node(n.input[0]).value.size(),
             [=](int64_t) { return dy; });
}

void gelu_grad(Tape& tape, Node& n) {
    const float* x = tape.node(n.input[0]).value.data();
    const float* dy = n.grad.data();
    const Slot dx = slot(tape, n.input[0]);
    if (!dx.data) return;
    parallel_for(n.grad.size(), element_grain, [&](int64_t begin, int64_t end) {
        kernels().gelu_grad(end - begin, x + begin, dy + begin, dx.data + begin, !dx.fresh);
    });
}

// Ba et al. 2016. Gain and bias are summed over rows in fixed chunks, the chunks in
// order, so the bytes do not depend on threads.
void layer_norm_grad(Tape& tape, Node& n) {
    const Tensor x = tape.node(n.input[0]).value, gain = tape.node(n.input[1]).value;
    const int64_t width = x.shape().last(), rows = n.grad.shape().rows();
    const int64_t chunks = (rows + row_grain - 1) / row_grain;
    Slot dx = slot(tape, n.input[0]);
    Tensor unwanted;
    if (!dx.data) {
        unwanted = tape.allocate({rows, width});
        dx = {unwanted.data(), true};
    }
    Tensor partial = tape.allocate({chunks, 2, width});
    const float* dy = n.grad.data();
    parallel_for(rows, row_grain, [&](int64_t begin, int64_t end) {
        float* dgain = partial.data() + begin / row_grain * 2 * width;
        std::fill_n(dgain, 2 * width, 0.0f);
        for (int64_t r = begin; r < end; ++r) {
            kernels().layer_norm_grad(width, x.data() + r * width, gain.data(), dy + r * width,
                                      n.saved[0][r], n.saved[1][r], dx.data + r * width, !dx.fresh,
                                      dgain, dgain + width);
        }
    });
    for (int part = 0; part < 2; ++part) {
        const Slot d = slot(tape, n.input[1 + part]);
        if (!d.data) continue;
        clear_if_fresh(d, width);
        for (int64_t c = 0; c < chunks; ++c) {
            kernels().add(width, d.data, partial.data() + (2 * c + part) * width, d.data);
        }
    }
    tape.release(partial);
    tape.release(unwanted);
}

// Rows of the table get the sum over the places where their token stands: by slices
// of columns, rows in order.
void embedding_grad(Tape& tape, Node& n) {
    const int64_t width = n.grad.shape().last(), rows = n.grad.shape().rows();
    const int64_t time = n.attribute[0];
    const float* dy = n.grad.data();
    const Slot table = slot(tape, n.input[0]), positions = slot(tape, n.input[1]);
    if (table.data) clear_if_fresh(table, tape.node(n.input[0]).value.size());
    if (positions.data) clear_if_fresh(positions, tape.node(n.input[1]).value.size());
    const auto add_rows = [&](float* to, int64_t row, int64_t r, int64_t begin, int64_t end) {
        float* at = to + row * width + begin;
        kernels().add(end - begin, at, dy + r * width + begin, at);
    };
    parallel_for(width, column_grain, [&](int64_t begin, int64_t end) {
        for (int64_t r = 0; r < rows; ++r) {
            if (table.data) add_rows(table.data, n.index[static_cast<size_t>(r)], r, begin, end);
            if (positions.data) add_rows(positions.data, r % time, r, begin, end);
        }
    });
}

void attention_grad(Tape& tape, Node& n) {
    const Tensor qkv = tape.node(n.input[0]).value;
    const Slot d = slot(tape, n.input[0]);
    if (!d.data) return;
    attention_backward(qkv.data(), n.value.data(), n.saved[0].data(), n.grad.data(), d.data,
                       !d.fresh, n.attribute[0], n.attribute[1], n.attribute[2],
                       n.value.shape().last());
}

// Chosen rows hand their gradient back, in order.
void gather_rows_grad(Tape& tape, Node& n) {
    const Slot d = slot(tape, n.input[0]);
    if (!d.data) return;
    const int64_t width = n.grad.shape().last();
    clear_if_fresh(d, tape.node(n.input[0]).value.size());
    for (size_t i = 0; i < n.index.size(); ++i) {
        float* to = d.data + n.index[i] * width;
        kernels().add(width, to, n.grad.data() + static_cast<int64_t>(i) * width, to);
    }
}

} // namespace

void propagate(Tape& tape, int id) {
    Node& n = tape.node(id);
    const float c0 = n.constant[0], c1 = n.constant[1];
    switch (n.op) {
    case Op::leaf:
        return;
    case Op::linear:
        return linear_grad(tape, n);
    case Op::matmul:
        return matmul_grad(tape, n);
    case Op::add:
        return add_grad(tape, n, 1.0f);
    case Op::sub:
        return add_grad(tape, n, -1.0f);
    case Op::mul:
        return mul_grad(tape, n);
    case Op::minimum:
        return minimum_grad(tape, n);
    case Op::scale:
        return add_scaled(slot(tape, n.input[0]), n.grad, c0);
    case Op::shift:
        return add_scaled(slot(tape, n.input[0]), n.grad, 1.0f);
    case Op::exp:
        return unary_grad(tape, n, [](float, float y) { return y; });
    case Op::log:
        return unary_grad(tape, n, [](float x, float) { return 1.0f / x; });
    case Op::sigmoid:
        return unary_grad(tape, n, [](float, float y) { return y * (1.0f - y); });
    case Op::softplus:
        return unary_grad(tape, n, [](float x, float) { return 1.0f / (1.0f + std::exp(-x)); });
    case Op::tanh:
        return unary_grad(tape, n, [](float, float y) { return 1.0f - y * y; });
    case Op::relu:
        return unary_grad(tape, n, [](float x, float) { return x > 0 ? 1.0f : 0.0f; });
    case Op::clamp:
        return unary_grad(tape, n, [=](float x, float) { return x < c0 || x > c1 ? 0.0f : 1.0f; });
    case Op::sum:
        return sum_grad(tape, n);
    case Op::gelu:
        return gelu_grad(tape, n);
    case Op::layer_norm:
        return layer_norm_grad(tape, n);
    case Op::embedding:
        return embedding_grad(tape, n);
    case Op::attention:
        return attention_grad(tape, n);
    case Op::cross_entropy:
        return cross_entropy_grad(tape, n);
    case Op::log_prob:
        return log_prob_grad(tape, n);
    case Op::entropy:
        return entropy_grad(tape, n);
    case Op::binary_cross_entropy:
        return binary_cross_entropy_grad(tape, n);
    case Op::gather_rows:
        return gather_rows_grad(tape, n);
    }
    fail("the tape holds an operation without a gradient");
}

} // namespace qstar::engine
