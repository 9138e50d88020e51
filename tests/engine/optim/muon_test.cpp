// Muon against a plain twin in float64: all of U itself, five times, without short cuts.
#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/kernels/kernels.h"
#include "engine/nn/gpt_config.h"
#include "engine/nn/next_token.h"
#include "engine/optim/muon.h"
#include "engine/optim/optimiser.h"
#include "tests/engine/normal_numbers.h"
#include "tests/engine/small_model.h"
#include "tests/engine/tables.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::engine;

namespace {

// A matrix of doubles.
struct Plain {
    int64_t rows = 0, cols = 0;
    std::vector<double> x;

    Plain(int64_t r, int64_t c) : rows(r), cols(c), x(static_cast<size_t>(r * c)) {}
    double& operator()(int64_t i, int64_t j) { return x[static_cast<size_t>(i * cols + j)]; }
    double operator()(int64_t i, int64_t j) const { return x[static_cast<size_t>(i * cols + j)]; }
};

Plain transposed(const Plain& a) {
    Plain t(a.cols, a.rows);
    for (int64_t i = 0; i < a.rows; ++i)
        for (int64_t j = 0; j < a.cols; ++j) t(j, i) = a(i, j);
    return t;
}

Plain times64(const Plain& a, const Plain& b) {
    Plain c(a.rows, b.cols);
    for (int64_t i = 0; i < a.rows; ++i)
        for (int64_t l = 0; l < a.cols; ++l)
            for (int64_t j = 0; j < b.cols; ++j) c(i, j) += a(i, l) * b(l, j);
    return c;
}

Plain newton_schulz(const Plain& m) {
    if (m.rows > m.cols) return transposed(newton_schulz(transposed(m)));
    double square = 0;
    for (const double v : m.x) square += v * v;
    Plain u = m;
    for (double& v : u.x) v /= std::sqrt(square) + 1e-7;
    for (int k = 0; k < 5; ++k) {
        const Plain g = times64(u, transposed(u));
        const Plain gu = times64(g, u), ggu = times64(g, gu);
        for (size_t i = 0; i < u.x.size(); ++i)
            u.x[i] = 3.4445 * u.x[i] - 4.7750 * gu.x[i] + 2.0315 * ggu.x[i];
    }
    return u;
}

Plain columns(const Plain& a, int64_t from, int64_t count) {
    Plain part(a.rows, count);
    for (int64_t i = 0; i < a.rows; ++i)
        for (int64_t j = 0; j < count; ++j) part(i, j) = a(i, from + j);
    return part;
}

struct Twin {
    Plain p, m;

    void step(const Plain& g, const Parameter& of, const MuonStep& s) {
        const int parts = of.parts;
        Plain u = g;
        for (size_t i = 0; i < g.x.size(); ++i) {
            m.x[i] = double{s.momentum} * m.x[i] + double{s.grad_scale} * g.x[i];
            u.x[i] = double{s.grad_scale} * g.x[i] + double{s.momentum} * m.x[i];
            p.x[i] *= 1 - double{s.rate} * s.decay;
        }
        const int64_t width = p.cols / parts;
        const double wider = double(width) / double(p.rows);
        const double size = std::sqrt(std::max(1.0, of.out_in ? 1 / wider : wider));
        for (int64_t part = 0; part < parts; ++part) {
            const Plain to = newton_schulz(columns(u, part * width, width));
            for (int64_t i = 0; i < p.rows; ++i)
                for (int64_t j = 0; j < width; ++j)
                    p(i, part * width + j) -= s.rate * size * to(i, j);
        }
    }
};

Plain plain(const Tensor& t) {
    Plain p(t.shape()[0], t.shape()[1]);
    std::copy_n(t.data(), t.size(), p.x.begin());
    return p;
}

Tensor normal(int64_t rows, int64_t cols, const std::string& name) {
    return Tensor::from({rows, cols}, normal_numbers(rows * cols, name));
}

Parameter hidden_matrix(int64_t rows, int64_t cols, int parts) {
    return {.name = "w",
            .value = Tensor::zeros({rows, cols}),
            .grad = normal(rows, cols, "gradient"),
            .parts = parts};
}

// The largest eigenvalue of s I + f U U^T by power iteration.
double top(const Plain& u, double s, double f) {
    const Plain g = times64(u, transposed(u));
    Plain v(g.rows, 1);
    for (int64_t i = 0; i < g.rows; ++i) v(i, 0) = 1 + 0.1 * static_cast<double>(i % 7);
    double length = 0;
    for (int k = 0; k < 500; ++k) {
        Plain next = times64(g, v);
        length = 0;
        for (size_t i = 0; i < next.x.size(); ++i) {
            next.x[i] = s * v.x[i] + f * next.x[i];
            length += next.x[i] * next.x[i];
        }
        length = std::sqrt(length);
        for (double& x : next.x) x /= length;
        v = next;
    }
    return length;
}

constexpr MuonStep kOnce{.grad_scale = 1, .rate = 1, .momentum = 0, .decay = 0};

// All weights after a few steps on random tokens.
std::string trained_by_muon(Family family) {
    Gpt model = small_model(false, family);
    Optimiser optimiser(model.parameters, {.muon = MuonConfig{}});
    const auto inputs = random_tokens(6 * 20, 10), targets = random_tokens(6 * 20, 11);
    const std::vector<float> ones(inputs.size(), 1.0f);
    Tape tape;
    double first = 0, last = 0;
    for (int step = 0; step < 6; ++step) {
        model.zero_grad();
        last = next_token_gradient(tape, model, inputs, targets, ones, 6, 20);
        if (step == 0) first = last;
        optimiser.update(model.parameters, 1e-2f, 2e-2f);
    }
    CHECK(last < 0.9 * first);
    std::string bytes;
    for (const Parameter& p : model.parameters)
        bytes.append(reinterpret_cast<const char*>(p.value.data()),
                     static_cast<size_t>(p.value.size()) * sizeof(float));
    return bytes;
}

} // namespace

TEST_CASE("orthogonalised matrices have singular values near one") {
    for (const auto& [rows, cols] : {std::pair{20, 50}, {50, 20}, {70, 280}, {1, 9}, {9, 1}}) {
        CAPTURE(rows);
        CAPTURE(cols);
        const Parameter p = hidden_matrix(rows, cols, 1);
        const Tensor momentum = Tensor::zeros({rows, cols});
        muon(p, momentum, kOnce);
        Plain u = plain(p.value);
        const double size = std::sqrt(std::max(1.0, double(cols) / double(rows)));
        for (double& x : u.x) x /= size;
        if (rows > cols) u = transposed(u);
        CHECK(std::sqrt(top(u, 0, 1)) < 1.2);
        CHECK(std::sqrt(2 - top(u, 2, -1)) > 0.65);
    }
}

TEST_CASE("Muon's steps are those of a plain twin in float64") {
    struct Case {
        int64_t rows, cols;
        int parts;
        bool out_in = false;
    };
    for (const Case& c : {Case{24, 72, 3},
                          {24, 24, 1},
                          {24, 96, 1},
                          {96, 24, 1},
                          {130, 130, 2},
                          {24, 96, 1, true},
                          {96, 24, 1, true}}) {
        CAPTURE(c.rows);
        CAPTURE(c.cols);
        Parameter p = hidden_matrix(c.rows, c.cols, c.parts);
        p.out_in = c.out_in;
        p.value = normal(c.rows, c.cols, "weights");
        const Tensor momentum = Tensor::zeros({c.rows, c.cols});
        Twin twin{plain(p.value), plain(momentum)};
        for (const char* name : {"one", "two", "three"}) {
            const MuonStep step{
                .grad_scale = 0.5f, .rate = 0.02f, .momentum = 0.95f, .decay = 0.1f};
            p.grad = normal(c.rows, c.cols, name);
            twin.step(plain(p.grad), p, step);
            muon(p, momentum, step);
        }
        double largest = 0;
        for (size_t i = 0; i < twin.p.x.size(); ++i) {
            largest = std::max(largest, std::abs(p.value.values()[i] - twin.p.x[i]));
            CHECK(momentum.values()[i] == doctest::Approx(twin.m.x[i]).epsilon(1e-5));
        }
        CHECK(largest < 2e-5); // of steps of some 0.02
    }
}

TEST_CASE("a gradient of zeros moves nothing, and a bias is AdamW's") {
    const Parameter p = hidden_matrix(8, 16, 1);
    p.grad.fill(0);
    muon(p, Tensor::zeros({8, 16}), kOnce);
    for (const float x : p.value.values()) CHECK(x == 0.0f);

    std::vector<Parameter> both = {hidden_matrix(8, 16, 2),
                                   {.name = "b", .value = Tensor::zeros({4}), .grad = {}}};
    both[1].grad = Tensor::full({4}, 0.01f);
    Optimiser optimiser(both, {.muon = MuonConfig{}});
    CHECK(optimiser.second[0].empty());
    std::vector<std::string> names;
    for (const auto& [name, tensor] : optimiser.state(both)) names.push_back(name);
    CHECK(names == std::vector<std::string>{"muon.momentum.w", "adamw.first.b", "adamw.second.b"});
    optimiser.update(both, 0.25f, 0.5f);
    CHECK(both[1].value[0] == doctest::Approx(-0.25)); // the first step is the rate
    CHECK(optimiser_numbers(both, optimiser.config) == 8 * 16 + 2 * 4 + threads() * 5 * 8 * 8);
    CHECK(optimiser_numbers(both, {}) == 2 * (8 * 16 + 4));
}

TEST_CASE("Muon's share of a family's parameters is as predicted") {
    for (const Family family : kFamilies) {
        const Gpt model = small_model(true, family);
        int64_t count = 0;
        for (const Parameter& p : model.parameters) count += p.parts > 0 ? p.value.size() : 0;
        CHECK(count == hidden_count(model.config));
        if (family == Family::gpt2) continue;
        const Gpt grouped = small_model(grouped_config(family));
        count = 0;
        for (const Parameter& p : grouped.parameters) count += p.parts > 0 ? p.value.size() : 0;
        CHECK(count == hidden_count(grouped.config));
    }
}

TEST_CASE("what cannot be cut into its parts is refused") {
    const Parameter p = hidden_matrix(8, 16, 3);
    CHECK_THROWS_WITH_AS(muon(p, Tensor::zeros({8, 16}), kOnce),
                         "Muon: w must be a matrix of 3 equal blocks of columns, found (8, 16)",
                         Error);
}

TEST_CASE("Muon's bytes depend neither on threads nor on the instruction set") {
    const std::string used = isa_name();
    std::string expected;
    for (const Family family : kFamilies) expected += trained_by_muon(family);
    for (const int count : {1, 2, 3}) {
        CAPTURE(count);
        set_threads(count);
        for (const Kernels* table : all_tables()) {
            use_isa(table->name);
            std::string found;
            for (const Family family : kFamilies) found += trained_by_muon(family);
            CHECK(found == expected);
        }
        use_isa(used.c_str());
    }
    set_threads(0);
}
