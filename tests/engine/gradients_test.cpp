#include "engine/autograd/check.h"
#include "engine/autograd/ops.h"
#include "engine/base/error.h"
#include "engine/base/random.h"
#include "engine/kernels/kernels.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::engine;

TEST_CASE("every operation agrees with float64 central differences") {
    const auto results = check_gradients();
    CHECK(results.size() >= 25);
    for (const GradientCheck& r : results) {
        CAPTURE(r.operation);
        CHECK(r.forward_error < 1e-4);
        CHECK(r.gradient_error < 1e-3);
    }
}

TEST_CASE("gradients hold on every instruction set") {
    const std::string before = isa_name();
    for (const char* isa : {"scalar", "avx2", "avx512"}) {
        try {
            use_isa(isa);
        } catch (const Error&) {
            continue; // not on this processor
        }
        for (const GradientCheck& r : check_gradients()) {
            CAPTURE(isa);
            CAPTURE(r.operation);
            CHECK(r.ok);
        }
    }
    use_isa(before.c_str());
}

TEST_CASE("a gradient is the sum over all uses") {
    // y = x * x + x, dy/dx = 2x + 1
    Tape tape;
    const Tensor x = Tensor::from({3}, std::vector<float>{1, -2, 0.5f});
    const Var v = tape.variable(x);
    tape.backward(sum(tape, add(tape, mul(tape, v, v), v)));
    for (int64_t i = 0; i < 3; ++i) CHECK(tape.grad(v)[i] == doctest::Approx(2 * x[i] + 1));
}

TEST_CASE("a sum hands its gradient on, whoever else wants it") {
    // y = (x + f) + x with f = 2 x, x used three times: dy/dx = 4, and what is kept keeps it.
    Tape tape;
    const Var x = tape.variable(Tensor::full({3}, 2.0f));
    const Var inner = add(tape, x, scale(tape, x, 2.0f));
    tape.keep(inner);
    const Var outer = add(tape, inner, x);
    tape.backward(sum(tape, mul(tape, outer, outer)));
    for (int64_t i = 0; i < 3; ++i) {
        CHECK(tape.grad(inner)[i] == 16.0f); // 2 outer
        CHECK(tape.grad(x)[i] == 64.0f);     // 2 outer * 4
    }
    tape.reset();
    const Var v = tape.variable(Tensor::full({3}, 1.0f));
    tape.backward(sum(tape, add(tape, v, v)));
    for (int64_t i = 0; i < 3; ++i) CHECK(tape.grad(v)[i] == 2.0f);
}

TEST_CASE("linear_gelu has the bytes of linear and gelu") {
    Parameter w{"w", Tensor::zeros({20, 70}), {}}, b{"b", Tensor::zeros({70}), {}};
    Random random(3, "linear_gelu");
    for (float& x : w.value.values()) x = static_cast<float>(random.normal());
    for (float& x : b.value.values()) x = static_cast<float>(random.normal());
    Tensor input = Tensor::zeros({33, 20});
    for (float& x : input.values()) x = static_cast<float>(random.normal());
    std::vector<float> seen[2];
    for (const bool fused : {false, true}) {
        Tape tape;
        const Var x = tape.variable(input), vw = tape.leaf(w), vb = tape.leaf(b);
        const Var y = fused ? linear_gelu(tape, x, vw, vb) : gelu(tape, linear(tape, x, vw, vb));
        tape.keep(y);
        w.grad.fill(0);
        b.grad.fill(0);
        tape.backward(sum(tape, mul(tape, y, y)));
        for (const Tensor& t : {tape.value(y), tape.grad(x), w.grad, b.grad}) {
            seen[fused].insert(seen[fused].end(), t.data(), t.data() + t.size());
        }
    }
    CHECK(seen[0] == seen[1]);
}

TEST_CASE("a parameter's gradient is added up until it is cleared") {
    Parameter p{"p", Tensor::full({2}, 3.0f), {}};
    Tape tape;
    for (int pass = 1; pass <= 2; ++pass) {
        tape.reset();
        tape.backward(sum(tape, scale(tape, tape.leaf(p), 2.0f)));
        CHECK(p.grad[0] == 2.0f * static_cast<float>(pass));
    }
}

TEST_CASE("after the first pass the tape's memory stays the same") {
    Parameter p{"p", Tensor::full({64, 64}, 0.1f), {}};
    Tape tape;
    size_t bytes = 0;
    for (int pass = 0; pass < 4; ++pass) {
        tape.reset();
        Var x = tape.leaf(p);
        for (int i = 0; i < 8; ++i) x = gelu(tape, matmul(tape, x, tape.leaf(p)));
        tape.backward(sum(tape, x));
        if (pass == 0) bytes = tape.arena_bytes();
        CHECK(tape.arena_bytes() == bytes);
    }
}

TEST_CASE("wrong shapes are refused in a sentence") {
    Tape tape;
    const Var a = tape.variable(Tensor::zeros({2, 3})), b = tape.variable(Tensor::zeros({2, 4}));
    CHECK_THROWS_WITH_AS(add(tape, a, b), "add: shapes (2, 3) and (2, 4) do not go together",
                         Error);
    CHECK_THROWS_AS(linear(tape, a, b), Error);
    CHECK_THROWS_AS(attention(tape, a, 1, 2, 2), Error);
    CHECK_THROWS_AS(tape.backward(a), Error);
    const std::vector<int> bad{9, 0};
    const std::vector<float> ones{1, 1};
    CHECK_THROWS_AS(cross_entropy(tape, a, bad, ones), Error);
    CHECK_THROWS_AS(embedding(tape, bad, a), Error);
    CHECK_THROWS_AS(embedding_bag(tape, {{0, 2}, bad}, a, tape.constant(Tensor::zeros({3}))),
                    Error);
}
