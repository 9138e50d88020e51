// The gradient of every operation but the losses (loss_gradients.cpp), in the order of
// tape.h.

#include "engine/autograd/gradients.h"

#include "engine/autograd/forward.h"
#include "engine/autograd/packed_rows.h"
#include "engine/base/error.h"
#include "engine/device/attention.h"
#include "engine/device/chunks.h"
#include "engine/device/lists.h"

#include <iterator>
#include <span>
#include <vector>

namespace qstar::engine {

namespace {

// d += the sum over rows of dy, in the chunks of padded rows where there are their borders
void add_column_sums(Tape& tape, const GradTarget& d, const float* dy, int64_t rows,
                     int64_t columns, std::span<const int> borders = {}) {
    if (!d.data) return;
    if (!borders.empty()) {
        Tensor parts = tape.allocate({std::ssize(borders) - 1, columns});
        packed_column_sums(borders, columns, dy, parts.data(), d);
        return tape.release(parts);
    }
    Tensor partial = tape.allocate({row_chunks(rows), columns});
    tape.device().column_sums(rows, columns, dy, partial.data(), d);
    tape.release(partial);
}

// y = x W + b:  dx = dy W^T,  dW = x^T dy,  db = column sums of dy
void linear_grad(Tape& tape, Node& n) {
    const Tensor x = tape.node(n.input[0]).value, w = tape.node(n.input[1]).value;
    const int64_t rows = n.grad.shape().rows(), in = w.shape()[0], out = w.shape()[1];
    const float* dy = n.grad.data();
    if (const GradTarget dx = grad_target(tape, n.input[0]); dx.data) {
        tape.device().gemm({.trans_b = true,
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
    if (const GradTarget dw = grad_target(tape, n.input[1]); dw.data) {
        tape.device().gemm({.trans_a = true,
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
    add_column_sums(tape, grad_target(tape, n.input[2]), dy, rows, out, n.index);
}

// y = a b:    da = dy b^T, db = a^T dy
// y = a b^T:  da = dy b,   db = dy^T a
// A bias gets the column sums of dy.
void matmul_grad(Tape& tape, Node& n) {
    const Tensor a = tape.node(n.input[0]).value, b = tape.node(n.input[1]).value;
    const bool transposed = n.attribute[0] != 0;
    const int64_t rows = n.grad.shape().rows(), columns = n.grad.shape().last();
    const int64_t k = a.shape().last(), ldb = b.shape().last();
    const float* dy = n.grad.data();
    if (const GradTarget da = grad_target(tape, n.input[0]); da.data) {
        tape.device().gemm({.trans_b = !transposed,
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
    if (const GradTarget db = grad_target(tape, n.input[1]); db.data && transposed) {
        tape.device().gemm({.trans_a = true,
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
        tape.device().gemm({.trans_a = true,
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
    add_column_sums(tape, grad_target(tape, n.input[2]), dy, rows, columns);
}

// y = a + b:  da = dy, db = dy.   y = a - b:  db = -dy
void add_grad(Tape& tape, Node& n, float sign_of_b) {
    const int64_t size = n.grad.size();
    tape.device().add_scaled(size, sign_of_b, n.grad.data(), grad_target(tape, n.input[1]));
    // Nobody reads dy after this: where a has no gradient yet, dy becomes it.
    Node& a = tape.node(n.input[0]);
    if (a.needs_grad && a.grad.empty() && !n.kept) {
        a.grad = n.grad;
        n.grad = Tensor();
    } else {
        tape.device().add_scaled(size, 1.0f, n.grad.data(), grad_target(tape, n.input[0]));
    }
}

// y = a * b, y = min(a, b)
void zip_grad(Tape& tape, Node& n, Zip f) {
    const float* a = tape.node(n.input[0]).value.data();
    const float* b = tape.node(n.input[1]).value.data();
    for (const bool second : {false, true}) {
        tape.device().zip_grad(f, second, n.grad.size(), a, b, n.grad.data(),
                               grad_target(tape, n.input[second ? 1 : 0]));
    }
}

// y = f(x):  dx = dy f'(x)
void map_grad(Tape& tape, Node& n, Map f) {
    tape.device().map_grad(f, n.grad.size(), tape.node(n.input[0]).value.data(), n.value.data(),
                           n.grad.data(), n.constant[0], n.constant[1],
                           grad_target(tape, n.input[0]));
}

// y = sum x:  dx = dy everywhere
void sum_grad(Tape& tape, Node& n) {
    tape.device().spread(tape.node(n.input[0]).value.size(), n.grad.data(),
                         grad_target(tape, n.input[0]));
}

// A gradient that must be written somewhere though nobody wants it.
GradTarget target_or_scratch(Tape& tape, int input, Tensor& scratch) {
    const GradTarget d = grad_target(tape, input);
    if (d.data) return d;
    scratch = tape.allocate(tape.node(input).value.shape());
    return {scratch.data(), true};
}

// Ba et al. 2016.
void layer_norm_grad(Tape& tape, Node& n) {
    const Tensor x = tape.node(n.input[0]).value, gain = tape.node(n.input[1]).value;
    const int64_t width = x.shape().last(), rows = n.grad.shape().rows();
    Tensor unwanted;
    const GradTarget dx = target_or_scratch(tape, n.input[0], unwanted);
    Tensor partial = tape.allocate({row_chunks(rows), 2, width});
    const GradTarget dgain = grad_target(tape, n.input[1]), dbias = grad_target(tape, n.input[2]);
    tape.device().layer_norm_grad(rows, width, x.data(), gain.data(), n.grad.data(),
                                  n.saved[0].data(), n.saved[1].data(), dx, partial.data(), dgain,
                                  dbias);
    tape.release(partial);
    tape.release(unwanted);
}

// Zhang & Sennrich 2019.
void rms_norm_grad(Tape& tape, Node& n) {
    const Tensor x = tape.node(n.input[0]).value, gain = tape.node(n.input[1]).value;
    const int64_t width = gain.size(), rows = n.grad.size() / width;
    Tensor unwanted;
    const GradTarget dx = target_or_scratch(tape, n.input[0], unwanted);
    const int64_t chunks = n.index.empty() ? row_chunks(rows) : std::ssize(n.index) - 1;
    Tensor partial = tape.allocate({chunks, width});
    const GradTarget dgain = grad_target(tape, n.input[1]);
    if (n.index.empty())
        tape.device().rms_norm_grad(rows, width, x.data(), gain.data(), n.grad.data(),
                                    n.saved[0].data(), dx, partial.data(), dgain);
    else
        packed_rms_norm_grad(n.index, width, x.data(), gain.data(), n.grad.data(),
                             n.saved[0].data(), dx, partial.data(), dgain);
    tape.release(partial);
    tape.release(unwanted);
}

// With s = sigmoid(gate): dgate = dy up (s + gate s (1 - s)), dup = dy gate s
void swiglu_grad(Tape& tape, Node& n) {
    Tensor unwanted[2];
    const GradTarget dgate = target_or_scratch(tape, n.input[0], unwanted[0]);
    const GradTarget dup = target_or_scratch(tape, n.input[1], unwanted[1]);
    tape.device().swiglu_grad(n.grad.size(), tape.node(n.input[0]).value.data(),
                              tape.node(n.input[1]).value.data(), n.grad.data(), dgate, dup);
    for (Tensor& t : unwanted) tape.release(t);
}

// A rotation's transpose is the rotation back.
void rotary_grad(Tape& tape, Node& n) {
    const Tensor turns = tape.node(n.input[3]).value;
    const float* dy = n.grad.data();
    for (int part = 0; part < 3; ++part) {
        const Shape rows = tape.node(n.input[part]).value.shape();
        Rotation by = rotation_of(rows, turns, n.attribute[1]);
        by.back = true;
        if (!n.index.empty()) by.position = n.index.data(); // of packed rows
        if (part == 2) by.turns = nullptr;                  // values were not turned
        tape.device().rotate(by, dy, n.grad.shape().last(), grad_target(tape, n.input[part]),
                             rows.last());
        dy += rows.last();
    }
}

// Rows of the table get the sum over the places where their token stands.
void embedding_grad(Tape& tape, Node& n) {
    const GradTarget table = grad_target(tape, n.input[0]),
                     positions = grad_target(tape, n.input[1]);
    const auto rows_of = [&](int id) { return id < 0 ? 0 : tape.node(id).value.shape().rows(); };
    tape.device().embedding_grad(n.grad.shape().rows(), n.grad.shape().last(), n.index.data(),
                                 n.attribute[0], n.grad.data(), table, rows_of(n.input[0]),
                                 positions, rows_of(n.input[1]));
}

// A row of the table gets the sum over the rows in whose bags it is, in their order.
void embedding_bag_grad(Tape& tape, Node& n) {
    const int64_t rows = n.grad.shape().rows(), width = n.grad.shape().last();
    if (const GradTarget table = grad_target(tape, n.input[0]); table.data) {
        const int64_t table_rows = tape.node(n.input[0]).value.shape().rows();
        const int* first = n.index.data();
        const int* on = first + rows + 1;
        Lists lists = lists_of(table_rows, first[rows], [&](int64_t j) { return on[j]; });
        std::vector<int> row_of;
        for (int64_t r = 0; r < rows; ++r)
            row_of.insert(row_of.end(), static_cast<size_t>(first[r + 1] - first[r]),
                          static_cast<int>(r));
        for (int& entry : lists.order) entry = row_of[static_cast<size_t>(entry)];
        tape.device().sum_lists(table_rows, width, lists.first.data(), lists.order.data(),
                                n.grad.data(), rows, table);
    }
    add_column_sums(tape, grad_target(tape, n.input[1]), n.grad.data(), rows, width);
}

void attention_grad(Tape& tape, Node& n) {
    const GradTarget d = grad_target(tape, n.input[0]);
    const Tensor qkv = tape.node(n.input[0]).value;
    const int64_t heads = n.attribute[2], size = n.value.shape().last() / heads;
    const int64_t kv_heads = (qkv.shape().last() / size - heads) / 2;
    const Attention shape{n.attribute[0], n.attribute[1], heads, kv_heads, size};
    if (n.index.empty())
        return tape.device().attention_grad(qkv.data(), n.value.data(), n.saved[0].data(),
                                            n.grad.data(), d, shape);
    if (d.data)
        attention_backward(qkv.data(), n.value.data(), n.saved[0].data(), n.grad.data(), d.data,
                           !d.fresh, shape, n.index.data());
}

// Chosen rows hand their gradient back.
void gather_rows_grad(Tape& tape, Node& n) {
    const GradTarget d = grad_target(tape, n.input[0]);
    tape.device().gather_rows_grad(static_cast<int64_t>(n.index.size()), n.grad.shape().last(),
                                   n.index.data(), n.grad.data(), d,
                                   tape.node(n.input[0]).value.shape().rows());
}

} // namespace

void propagate(Tape& tape, int id) {
    Node& n = tape.node(id);
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
        return zip_grad(tape, n, Zip::mul);
    case Op::minimum:
        return zip_grad(tape, n, Zip::minimum);
    case Op::scale:
        return map_grad(tape, n, Map::scale);
    case Op::shift:
        return map_grad(tape, n, Map::shift);
    case Op::exp:
        return map_grad(tape, n, Map::exp);
    case Op::log:
        return map_grad(tape, n, Map::log);
    case Op::sigmoid:
        return map_grad(tape, n, Map::sigmoid);
    case Op::softplus:
        return map_grad(tape, n, Map::softplus);
    case Op::tanh:
        return map_grad(tape, n, Map::tanh);
    case Op::relu:
        return map_grad(tape, n, Map::relu);
    case Op::clamp:
        return map_grad(tape, n, Map::clamp);
    case Op::gelu:
        return map_grad(tape, n, Map::gelu);
    case Op::sum:
        return sum_grad(tape, n);
    case Op::layer_norm:
        return layer_norm_grad(tape, n);
    case Op::embedding:
        return embedding_grad(tape, n);
    case Op::embedding_bag:
        return embedding_bag_grad(tape, n);
    case Op::attention:
        return attention_grad(tape, n);
    case Op::rms_norm:
        return rms_norm_grad(tape, n);
    case Op::rotary:
        return rotary_grad(tape, n);
    case Op::swiglu:
        return swiglu_grad(tape, n);
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
