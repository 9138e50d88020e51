#include "engine/autograd/ops.h"

#include "engine/autograd/forward.h"
#include "engine/base/error.h"
#include "engine/device/device.h"

namespace qstar::engine {

const Shape& shape_of(Tape& tape, Var v, const char* op) {
    if (v.id < 0) fail("{}: an operand is missing", op);
    return operand(tape, v).shape();
}

namespace {

void require(bool holds, const char* op, const Shape& a, const Shape& b) {
    if (!holds) fail("{}: shapes {} and {} do not go together", op, a.text(), b.text());
}

// Output of the same shape, y = f(x) element by element.
Var map(Tape& tape, Op op, Var a, Map f, float c0 = 0, float c1 = 0) {
    const Tensor x = operand(tape, a);
    Node& n = tape.push(op, {a}, x.shape());
    n.constant[0] = c0;
    n.constant[1] = c1;
    tape.device().map(f, x.size(), x.data(), c0, c1, n.value.data());
    return tape.last();
}

Var zip(Tape& tape, Op op, const char* name, Var a, Var b, Zip f) {
    const Shape shape = shape_of(tape, a, name);
    require(shape == shape_of(tape, b, name), name, shape, operand(tape, b).shape());
    const float* x = operand(tape, a).data();
    const float* z = operand(tape, b).data();
    Node& n = tape.push(op, {a, b}, shape);
    tape.device().zip(f, shape.size(), x, z, n.value.data());
    return tape.last();
}

// The product of linear; where its result goes is still open.
Gemm linear_product(Tape& tape, Var x, Var weight, Var bias) {
    const Shape xs = shape_of(tape, x, "linear"), ws = shape_of(tape, weight, "linear");
    require(ws.rank == 2 && xs.last() == ws[0], "linear", xs, ws);
    if (bias.id >= 0) {
        require(operand(tape, bias).size() == ws[1], "linear (bias)", ws,
                operand(tape, bias).shape());
    }
    return {.m = xs.rows(),
            .n = ws[1],
            .k = ws[0],
            .a = operand(tape, x).data(),
            .lda = ws[0],
            .b = operand(tape, weight).data(),
            .ldb = ws[1],
            .ldc = ws[1],
            .bias = bias.id >= 0 ? operand(tape, bias).data() : nullptr};
}

} // namespace

Var linear(Tape& tape, Var x, Var weight, Var bias) {
    Gemm g = linear_product(tape, x, weight, bias);
    g.c = tape.push(Op::linear, {x, weight, bias}, {g.m, g.n}).value.data();
    tape.device().gemm(g, tape.precision);
    return tape.last();
}

Var linear_gelu(Tape& tape, Var x, Var weight, Var bias) {
    Gemm g = linear_product(tape, x, weight, bias);
    g.c = tape.push(Op::linear, {x, weight, bias}, {g.m, g.n}).value.data();
    g.gelu = tape.push(Op::gelu, {tape.last()}, {g.m, g.n}).value.data();
    tape.device().gemm(g, tape.precision);
    return tape.last();
}

Var matmul(Tape& tape, Var a, Var b, bool transpose_b, Var bias) {
    const Shape as = shape_of(tape, a, "matmul"), bs = shape_of(tape, b, "matmul");
    const int64_t k = as.last();
    require(bs.rank == 2 && bs[transpose_b ? 1 : 0] == k, "matmul", as, bs);
    const int64_t columns = bs[transpose_b ? 0 : 1];
    const float* pa = operand(tape, a).data();
    const float* pb = operand(tape, b).data();
    const float* plus = nullptr;
    if (bias.id >= 0) {
        const Tensor& t = operand(tape, bias);
        require(t.size() == columns, "matmul (bias)", bs, t.shape());
        plus = t.data();
    }
    Node& n = tape.push(Op::matmul, {a, b, bias}, {as.rows(), columns});
    n.attribute[0] = transpose_b;
    tape.device().gemm({.trans_b = transpose_b,
                        .m = as.rows(),
                        .n = columns,
                        .k = k,
                        .a = pa,
                        .lda = k,
                        .b = pb,
                        .ldb = bs[1],
                        .c = n.value.data(),
                        .ldc = columns,
                        .bias = plus},
                       tape.precision);
    return tape.last();
}

Var add_low_rank(Tape& tape, Var y, Var x, Var a, Var b, float factor) {
    const Var low = scale(tape, matmul(tape, x, a, true), factor);
    const Var change = matmul(tape, low, b, true);
    const Var sum = add(tape, y, change);
    tape.drop(change);
    return sum;
}

Var add(Tape& tape, Var a, Var b) { return zip(tape, Op::add, "add", a, b, Zip::add); }
Var sub(Tape& tape, Var a, Var b) { return zip(tape, Op::sub, "sub", a, b, Zip::sub); }
Var mul(Tape& tape, Var a, Var b) { return zip(tape, Op::mul, "mul", a, b, Zip::mul); }
Var minimum(Tape& tape, Var a, Var b) {
    return zip(tape, Op::minimum, "minimum", a, b, Zip::minimum);
}

Var scale(Tape& tape, Var a, float factor) { return map(tape, Op::scale, a, Map::scale, factor); }
Var shift(Tape& tape, Var a, float offset) { return map(tape, Op::shift, a, Map::shift, offset); }
Var exp(Tape& tape, Var a) { return map(tape, Op::exp, a, Map::exp); }
Var log(Tape& tape, Var a) { return map(tape, Op::log, a, Map::log); }
Var sigmoid(Tape& tape, Var a) { return map(tape, Op::sigmoid, a, Map::sigmoid); }
Var softplus(Tape& tape, Var a) { return map(tape, Op::softplus, a, Map::softplus); }
Var tanh(Tape& tape, Var a) { return map(tape, Op::tanh, a, Map::tanh); }
Var relu(Tape& tape, Var a) { return map(tape, Op::relu, a, Map::relu); }
Var gelu(Tape& tape, Var a) { return map(tape, Op::gelu, a, Map::gelu); }

Var clamp(Tape& tape, Var a, float low, float high) {
    if (!(low <= high)) fail("clamp: the lower bound {} is above the upper bound {}", low, high);
    return map(tape, Op::clamp, a, Map::clamp, low, high);
}

Var sum(Tape& tape, Var a) {
    const Tensor x = operand(tape, a);
    Node& n = tape.push(Op::sum, {a}, Shape{});
    tape.device().sum(x.size(), x.data(), n.value.data());
    return tape.last();
}

Var mean(Tape& tape, Var a) {
    const int64_t size = shape_of(tape, a, "mean").size();
    if (size == 0) fail("mean: the tensor has no elements");
    return scale(tape, sum(tape, a), 1.0f / static_cast<float>(size));
}

Var layer_norm(Tape& tape, Var x, Var gain, Var bias, float eps) {
    const Shape xs = shape_of(tape, x, "layer_norm");
    const int64_t width = xs.last(), rows = xs.rows();
    require(operand(tape, gain).size() == width, "layer_norm (gain)", xs,
            operand(tape, gain).shape());
    require(operand(tape, bias).size() == width, "layer_norm (bias)", xs,
            operand(tape, bias).shape());
    const float* px = operand(tape, x).data();
    const float* pg = operand(tape, gain).data();
    const float* pb = operand(tape, bias).data();
    Node& n = tape.push(Op::layer_norm, {x, gain, bias}, {rows, width});
    n.saved[0] = tape.allocate({rows});
    n.saved[1] = tape.allocate({rows});
    tape.device().layer_norm(rows, width, px, pg, pb, eps, n.value.data(), n.saved[0].data(),
                             n.saved[1].data());
    return tape.last();
}

Var rms_norm(Tape& tape, Var x, Var gain, float eps) {
    const Shape xs = shape_of(tape, x, "rms_norm"), gs = shape_of(tape, gain, "rms_norm");
    const int64_t width = gs.size();
    require(gs.rank == 1 && width > 0 && xs.last() % width == 0, "rms_norm", xs, gs);
    const float* px = operand(tape, x).data();
    const float* pg = operand(tape, gain).data();
    const int64_t groups = xs.size() / width;
    Node& n = tape.push(Op::rms_norm, {x, gain}, {xs.rows(), xs.last()});
    n.saved[0] = tape.allocate({groups});
    tape.device().rms_norm({groups, 1, width, width, eps}, px, pg, n.value.data(),
                           n.saved[0].data());
    return tape.last();
}

Var swiglu(Tape& tape, Var gate, Var up) {
    const Shape shape = shape_of(tape, gate, "swiglu");
    require(shape == shape_of(tape, up, "swiglu"), "swiglu", shape, operand(tape, up).shape());
    const float* pg = operand(tape, gate).data();
    const float* pu = operand(tape, up).data();
    Node& n = tape.push(Op::swiglu, {gate, up}, shape);
    tape.device().swiglu(shape.rows(), shape.last(), pg, pu, shape.last(), n.value.data());
    return tape.last();
}

Rotation rotation_of(const Shape& rows, const Tensor& turns, int64_t time) {
    const int64_t size = turns.shape().last();
    return {.rows = rows.rows(),
            .heads = rows.last() / size,
            .size = size,
            .turns = turns.data(),
            .positions = turns.shape().rows(),
            .time = time};
}

Var rotary(Tape& tape, Var q, Var k, Var v, Var turns, int64_t time, int64_t heads) {
    const Shape s = shape_of(tape, q, "rotary"), ts = shape_of(tape, turns, "rotary (turns)");
    const Shape ks = shape_of(tape, k, "rotary"), vs = shape_of(tape, v, "rotary");
    if (heads < 1 || s.last() % (2 * heads) != 0)
        fail("rotary: shape {} has no {} heads of an even size", s.text(), heads);
    require(ts.rank == 2 && ts[1] == s.last() / heads, "rotary (turns)", s, ts);
    require(s.rows() == ks.rows() && ks.last() % ts[1] == 0, "rotary (keys)", s, ks);
    require(ks == vs, "rotary (values)", ks, vs);
    if (time < 1 || time > ts[0] || s.rows() % time != 0)
        fail("rotary: {} rows in sequences of {}, but there are {} positions", s.rows(), time,
             ts[0]);
    const float* in[3] = {operand(tape, q).data(), operand(tape, k).data(),
                          operand(tape, v).data()};
    const Tensor table = operand(tape, turns);
    const int64_t width = s.last() + 2 * ks.last();
    Node& n = tape.push(Op::rotary, {q, k, v, turns}, {s.rows(), width});
    n.attribute[1] = time;
    float* to = n.value.data();
    for (int part = 0; part < 3; ++part) {
        const Shape& rows = part == 0 ? s : ks;
        Rotation by = rotation_of(rows, table, time);
        if (part == 2) by.turns = nullptr; // values stay as they are
        tape.device().rotate(by, in[part], rows.last(), {to, true}, width);
        to += rows.last();
    }
    return tape.last();
}

Var embedding(Tape& tape, std::span<const int> tokens, Var table, Var positions, int64_t time) {
    const Shape ts = shape_of(tape, table, "embedding");
    const int64_t width = ts.last();
    const auto rows = static_cast<int64_t>(tokens.size());
    if (ts.rank != 2) fail("embedding: the table must be (V, C), found {}", ts.text());
    const float* table_rows = operand(tape, table).data();
    const float* position_rows = nullptr;
    if (positions.id >= 0) {
        const Shape ps = operand(tape, positions).shape();
        require(ps.rank == 2 && ps[1] == width, "embedding (positions)", ts, ps);
        if (time < 1 || time > ps[0]) {
            fail("embedding: sequences of {} tokens, but there are {} positions", time, ps[0]);
        }
        position_rows = operand(tape, positions).data();
    }
    for (const int token : tokens) {
        if (token < 0 || token >= ts[0]) {
            fail("embedding: token {} is outside the vocabulary of {}", token, ts[0]);
        }
    }
    Node& n = tape.push(Op::embedding, {table, positions}, {rows, width});
    n.index.assign(tokens.begin(), tokens.end());
    n.attribute[0] = time;
    tape.device().embedding(rows, width, n.index.data(), table_rows, position_rows, time,
                            n.value.data());
    return tape.last();
}

Var embedding_bag(Tape& tape, const Bags& bags, Var table, Var bias) {
    const Shape ts = shape_of(tape, table, "embedding_bag");
    const Shape bs = shape_of(tape, bias, "embedding_bag");
    const int64_t rows = bags.rows(), width = ts.last();
    require(ts.rank == 2 && bs.size() == width, "embedding_bag", ts, bs);
    for (const int row : bags.on) {
        if (row < 0 || row >= ts[0])
            fail("embedding_bag: row {} is outside the table of {}", row, ts[0]);
    }
    const float* table_rows = operand(tape, table).data();
    const float* bias_row = operand(tape, bias).data();
    Node& n = tape.push(Op::embedding_bag, {table, bias}, {rows, width});
    n.index = bags.first;
    n.index.insert(n.index.end(), bags.on.begin(), bags.on.end());
    const std::vector<int> same(static_cast<size_t>(rows), 0);
    tape.device().gather_rows(rows, width, same.data(), bias_row, n.value.data());
    tape.device().sum_lists(rows, width, n.index.data(), n.index.data() + rows + 1, table_rows,
                            ts[0], {n.value.data(), false});
    return tape.last();
}

Var attention(Tape& tape, Var qkv, int64_t batch, int64_t time, int64_t heads, int64_t kv_heads) {
    const Shape s = shape_of(tape, qkv, "attention");
    if (kv_heads == 0) kv_heads = heads;
    const int64_t all = heads + 2 * kv_heads; // parts of a row
    if (heads < 1 || kv_heads < 1 || s.rows() != batch * time || s.last() % all != 0) {
        fail("attention: shape {} is not (B*T, 3C) with B {}, T {} and C in {} heads, of keys and "
             "values {}",
             s.text(), batch, time, heads, kv_heads);
    }
    if (heads % kv_heads != 0)
        fail("attention: {} heads of keys and values cannot be shared by {} heads", kv_heads,
             heads);
    const float* px = operand(tape, qkv).data();
    const Attention shape{batch, time, heads, kv_heads, s.last() / all};
    Node& n = tape.push(Op::attention, {qkv}, {batch * time, shape.width()});
    n.saved[0] = tape.allocate({batch * heads * time});
    n.attribute[0] = batch;
    n.attribute[1] = time;
    n.attribute[2] = heads;
    tape.device().attention(px, n.value.data(), n.saved[0].data(), shape);
    return tape.last();
}

Var gather_rows(Tape& tape, Var a, std::span<const int> rows) {
    const Shape s = shape_of(tape, a, "gather_rows");
    for (const int row : rows) {
        if (row < 0 || row >= s.rows()) {
            fail("gather_rows: row {} of a tensor of shape {}", row, s.text());
        }
    }
    const float* x = operand(tape, a).data();
    Node& n = tape.push(Op::gather_rows, {a}, {static_cast<int64_t>(rows.size()), s.last()});
    n.index.assign(rows.begin(), rows.end());
    tape.device().gather_rows(static_cast<int64_t>(rows.size()), s.last(), n.index.data(), x,
                              n.value.data());
    return tape.last();
}

} // namespace qstar::engine
