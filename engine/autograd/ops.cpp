#include "engine/autograd/ops.h"

#include "engine/autograd/attention.h"
#include "engine/autograd/chunks.h"
#include "engine/autograd/forward.h"
#include "engine/error.h"
#include "engine/kernels/kernels.h"
#include "engine/parallel.h"

#include <algorithm>
#include <cmath>

namespace qstar::engine {

const Shape& shape_of(Tape& tape, Var v, const char* op) {
    if (v.id < 0) fail("{}: an operand is missing", op);
    return tape.value(v).shape();
}

double sum_of(std::span<const float> terms) {
    double total = 0;
    for (const float term : terms) total += term;
    return total;
}

namespace {

void require(bool holds, const char* op, const Shape& a, const Shape& b) {
    if (!holds) fail("{}: shapes {} and {} do not go together", op, a.text(), b.text());
}

// Output of the same shape, computed element by element in chunks.
template <class Body>
Var map(Tape& tape, Op op, Var a, float c0, float c1, Body body) {
    const Tensor x = tape.value(a);
    Node& n = tape.push(op, {a}, x.shape());
    n.constant[0] = c0;
    n.constant[1] = c1;
    float* y = n.value.data();
    parallel_for(x.size(), element_grain, [&](int64_t begin, int64_t end) {
        body(end - begin, x.data() + begin, y + begin);
    });
    return tape.last();
}

template <class Function>
Var map_each(Tape& tape, Op op, Var a, Function function, float c0 = 0, float c1 = 0) {
    return map(tape, op, a, c0, c1, [&](int64_t n, const float* x, float* y) {
        for (int64_t i = 0; i < n; ++i) y[i] = function(x[i]);
    });
}

template <class Body>
Var zip(Tape& tape, Op op, const char* name, Var a, Var b, Body body) {
    const Shape shape = shape_of(tape, a, name);
    require(shape == shape_of(tape, b, name), name, shape, tape.value(b).shape());
    const float* x = tape.value(a).data();
    const float* z = tape.value(b).data();
    Node& n = tape.push(op, {a, b}, shape);
    float* y = n.value.data();
    parallel_for(shape.size(), element_grain, [&](int64_t begin, int64_t end) {
        body(end - begin, x + begin, z + begin, y + begin);
    });
    return tape.last();
}

// The product of linear; where its result goes is still open.
Gemm linear_product(Tape& tape, Var x, Var weight, Var bias) {
    const Shape xs = shape_of(tape, x, "linear"), ws = shape_of(tape, weight, "linear");
    require(ws.rank == 2 && xs.last() == ws[0], "linear", xs, ws);
    if (bias.id >= 0) {
        require(tape.value(bias).size() == ws[1], "linear (bias)", ws, tape.value(bias).shape());
    }
    return {.m = xs.rows(),
            .n = ws[1],
            .k = ws[0],
            .a = tape.value(x).data(),
            .lda = ws[0],
            .b = tape.value(weight).data(),
            .ldb = ws[1],
            .ldc = ws[1],
            .bias = bias.id >= 0 ? tape.value(bias).data() : nullptr};
}

} // namespace

Var linear(Tape& tape, Var x, Var weight, Var bias) {
    Gemm g = linear_product(tape, x, weight, bias);
    g.c = tape.push(Op::linear, {x, weight, bias}, {g.m, g.n}).value.data();
    gemm(g, tape.precision);
    return tape.last();
}

Var linear_gelu(Tape& tape, Var x, Var weight, Var bias) {
    Gemm g = linear_product(tape, x, weight, bias);
    g.c = tape.push(Op::linear, {x, weight, bias}, {g.m, g.n}).value.data();
    g.gelu = tape.push(Op::gelu, {tape.last()}, {g.m, g.n}).value.data();
    gemm(g, tape.precision);
    return tape.last();
}

Var matmul(Tape& tape, Var a, Var b, bool transpose_b) {
    const Shape as = shape_of(tape, a, "matmul"), bs = shape_of(tape, b, "matmul");
    const int64_t k = as.last();
    require(bs.rank == 2 && bs[transpose_b ? 1 : 0] == k, "matmul", as, bs);
    const int64_t columns = bs[transpose_b ? 0 : 1];
    const float* pa = tape.value(a).data();
    const float* pb = tape.value(b).data();
    Node& n = tape.push(Op::matmul, {a, b}, {as.rows(), columns});
    n.attribute[0] = transpose_b;
    gemm({.trans_b = transpose_b,
          .m = as.rows(),
          .n = columns,
          .k = k,
          .a = pa,
          .lda = k,
          .b = pb,
          .ldb = bs[1],
          .c = n.value.data(),
          .ldc = columns},
         tape.precision);
    return tape.last();
}

Var add(Tape& tape, Var a, Var b) { return zip(tape, Op::add, "add", a, b, kernels().add); }

Var mul(Tape& tape, Var a, Var b) { return zip(tape, Op::mul, "mul", a, b, kernels().mul); }

Var sub(Tape& tape, Var a, Var b) {
    return zip(tape, Op::sub, "sub", a, b, [](int64_t n, const float* x, const float* z, float* y) {
        for (int64_t i = 0; i < n; ++i) y[i] = x[i] - z[i];
    });
}

Var minimum(Tape& tape, Var a, Var b) {
    return zip(tape, Op::minimum, "minimum", a, b,
               [](int64_t n, const float* x, const float* z, float* y) {
                   for (int64_t i = 0; i < n; ++i) y[i] = z[i] < x[i] ? z[i] : x[i];
               });
}

Var scale(Tape& tape, Var a, float factor) {
    return map_each(
        tape, Op::scale, a, [=](float x) { return factor * x; }, factor);
}

Var shift(Tape& tape, Var a, float offset) {
    return map_each(
        tape, Op::shift, a, [=](float x) { return x + offset; }, offset);
}

Var exp(Tape& tape, Var a) {
    return map_each(tape, Op::exp, a, [](float x) { return std::exp(x); });
}

Var log(Tape& tape, Var a) {
    return map_each(tape, Op::log, a, [](float x) { return std::log(x); });
}

Var sigmoid(Tape& tape, Var a) {
    return map_each(tape, Op::sigmoid, a, [](float x) { return 1.0f / (1.0f + std::exp(-x)); });
}

Var softplus(Tape& tape, Var a) {
    // max(x, 0) + log1p(exp(-|x|)) overflows for no x.
    return map_each(tape, Op::softplus, a,
                    [](float x) { return std::max(x, 0.0f) + std::log1p(std::exp(-std::abs(x))); });
}

Var tanh(Tape& tape, Var a) {
    return map_each(tape, Op::tanh, a, [](float x) { return std::tanh(x); });
}

Var relu(Tape& tape, Var a) {
    return map_each(tape, Op::relu, a, [](float x) { return x > 0 ? x : 0.0f; });
}

Var clamp(Tape& tape, Var a, float low, float high) {
    if (!(low <= high)) fail("clamp: the lower bound {} is above the upper bound {}", low, high);
    return map_each(
        tape, Op::clamp, a, [=](float x) { return std::min(std::max(x, low), high); }, low, high);
}

Var gelu(Tape& tape, Var a) { return map(tape, Op::gelu, a, 0, 0, kernels().gelu); }

Var sum(Tape& tape, Var a) {
    const Tensor x = tape.value(a);
    Node& n = tape.push(Op::sum, {a}, Shape{});
    const int64_t chunks = (x.size() + element_grain - 1) / element_grain;
    std::vector<float> partial(static_cast<size_t>(chunks));
    parallel_for(x.size(), element_grain, [&](int64_t begin, int64_t end) {
        partial[static_cast<size_t>(begin / element_grain)] =
            kernels().sum(end - begin, x.data() + begin);
    });
    n.value[0] = static_cast<float>(sum_of(partial));
    return tape.last();
}

Var mean(Tape& tape, Var a) {
    const int64_t size = shape_of(tape, a, "mean").size();
    if (size == 0) fail("mean: the tensor has no elements");
    return scale(tape, sum(tape, a), 1.0f / static_cast<float>(size));
}

Var layer_norm(Tape& tape, Var x, Var gain, Var bias) {
    const Shape xs = shape_of(tape, x, "layer_norm");
    const int64_t width = xs.last(), rows = xs.rows();
    require(tape.value(gain).size() == width, "layer_norm (gain)", xs, tape.value(gain).shape());
    require(tape.value(bias).size() == width, "layer_norm (bias)", xs, tape.value(bias).shape());
    const float* px = tape.value(x).data();
    const float* pg = tape.value(gain).data();
    const float* pb = tape.value(bias).data();
    Node& n = tape.push(Op::layer_norm, {x, gain, bias}, {rows, width});
    n.saved[0] = tape.allocate({rows});
    n.saved[1] = tape.allocate({rows});
    parallel_for(rows, row_grain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            kernels().layer_norm(width, px + r * width, pg, pb, n.value.data() + r * width,
                                 &n.saved[0][r], &n.saved[1][r]);
        }
    });
    return tape.last();
}

Var embedding(Tape& tape, std::span<const int> tokens, Var table, Var positions, int64_t time) {
    const Shape ts = shape_of(tape, table, "embedding");
    const int64_t width = ts.last();
    const auto rows = static_cast<int64_t>(tokens.size());
    if (ts.rank != 2) fail("embedding: the table must be (V, C), found {}", ts.text());
    const float* table_rows = tape.value(table).data();
    const float* position_rows = nullptr;
    if (positions.id >= 0) {
        const Shape ps = tape.value(positions).shape();
        require(ps.rank == 2 && ps[1] == width, "embedding (positions)", ts, ps);
        if (time < 1 || time > ps[0]) {
            fail("embedding: sequences of {} tokens, but there are {} positions", time, ps[0]);
        }
        position_rows = tape.value(positions).data();
    }
    for (const int token : tokens) {
        if (token < 0 || token >= ts[0]) {
            fail("embedding: token {} is outside the vocabulary of {}", token, ts[0]);
        }
    }
    Node& n = tape.push(Op::embedding, {table, positions}, {rows, width});
    n.index.assign(tokens.begin(), tokens.end());
    n.attribute[0] = time;
    float* y = n.value.data();
    parallel_for(rows, row_grain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            const float* row = table_rows + tokens[static_cast<size_t>(r)] * width;
            if (position_rows) {
                kernels().add(width, row, position_rows + r % time * width, y + r * width);
            } else {
                std::copy_n(row, width, y + r * width);
            }
        }
    });
    return tape.last();
}

Var attention(Tape& tape, Var qkv, int64_t batch, int64_t time, int64_t heads) {
    const Shape s = shape_of(tape, qkv, "attention");
    const int64_t width = s.last() / 3;
    if (s.last() != 3 * width || s.rows() != batch * time || heads < 1 || width % heads != 0) {
        fail("attention: shape {} is not (B*T, 3C) with B {}, T {} and C in {} heads", s.text(),
             batch, time, heads);
    }
    const float* px = tape.value(qkv).data();
    Node& n = tape.push(Op::attention, {qkv}, {batch * time, width});
    n.saved[0] = tape.allocate({batch * heads * time});
    n.attribute[0] = batch;
    n.attribute[1] = time;
    n.attribute[2] = heads;
    attention_forward(px, n.value.data(), n.saved[0].data(), batch, time, heads, width);
    return tape.last();
}

Var gather_rows(Tape& tape, Var a, std::span<const int> rows) {
    const Shape s = shape_of(tape, a, "gather_rows");
    for (const int row : rows) {
        if (row < 0 || row >= s.rows()) {
            fail("gather_rows: row {} of a tensor of shape {}", row, s.text());
        }
    }
    const float* x = tape.value(a).data();
    Node& n = tape.push(Op::gather_rows, {a}, {static_cast<int64_t>(rows.size()), s.last()});
    n.index.assign(rows.begin(), rows.end());
    for (size_t i = 0; i < rows.size(); ++i) {
        std::copy_n(x + rows[i] * s.last(), s.last(),
                    n.value.data() + static_cast<int64_t>(i) * s.last());
    }
    return tape.last();
}

} // namespace qstar::engine
