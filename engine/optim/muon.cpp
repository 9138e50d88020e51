#include "engine/optim/muon.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/kernels/kernels.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace qstar::engine {

namespace {

constexpr float kMuonA = 3.4445f, kMuonB = -4.7750f, kMuonC = 2.0315f;
constexpr int kIterations = 5;
constexpr float kLeastNorm = 1e-7f; // added to it: a gradient of zeros moves nothing

// A block of columns: rows `distance` apart.
struct ColumnPart {
    int64_t rows, cols, distance;
    float* at;

    int64_t side() const { return std::min(rows, cols); }
    bool wide() const { return rows <= cols; }
};

ColumnPart columns_of(const Tensor& t, int parts, int64_t part) {
    const int64_t all = t.shape()[1], cols = all / parts;
    return {t.shape()[0], cols, all, t.data() + part * cols};
}

// What a thread keeps: matrices (r, r), of which the first is the identity.
struct Matrices {
    static constexpr int64_t kMatrices = 5;

    const Device* device = nullptr;
    std::shared_ptr<float> memory;
    int64_t size = 0, side = 0;

    float* matrix(int64_t i) const { return memory.get() + i * side * side; }

    void prepare(const Device& on, int64_t r) {
        if (device == &on && side == r) return;
        if (device != nullptr) device->finish(); // it may still read what goes away
        if (device != &on || size < kMatrices * r * r) {
            size = kMatrices * r * r;
            memory = on.allocate(size);
            device = &on;
        }
        side = r;
        float* one = matrix(0);
        std::fill_n(one, r * r, 0.0f);
        for (int64_t i = 0; i < r; ++i) one[i * r + i] = 1;
    }
};

Gemm square_product(int64_t side, const float* a, const float* b, float* c) {
    return {.m = side,
            .n = side,
            .k = side,
            .a = a,
            .lda = side,
            .b = b,
            .ldb = side,
            .c = c,
            .ldc = side};
}

// The processor computes strips of so many columns of a symmetric matrix, down to the diagonal, and
// reflects them.
constexpr int64_t kMuonStrip = 32;

void upper_product(const Device& device, const Gemm& product) {
    for (int64_t j = 0; j < product.n; j += kMuonStrip) {
        Gemm g = product;
        g.n = std::min(kMuonStrip, product.n - j);
        g.m = j + g.n;
        g.b += g.trans_b ? j * g.ldb : j;
        g.c += j;
        device.gemm(g, Precision::fp32);
    }
}

// Tile by tile, whose columns stay in the first-level cache.
void reflect(int64_t n, float* c) {
    constexpr int64_t kTile = 16;
    static_assert(kMuonStrip % kTile == 0);
    for (int64_t i = kMuonStrip; i < n; i += kTile) {
        const int64_t rows = std::min(kTile, n - i);
        for (int64_t j = 0; j < i / kMuonStrip * kMuonStrip; j += kTile) {
            for (int64_t row = i; row < i + rows; ++row)
                for (int64_t col = j; col < j + kTile; ++col) c[row * n + col] = c[col * n + row];
        }
    }
}

// C (n, n) = op(A) op(B), which is known to be symmetric.
void symmetric_product(const Device& device, const Gemm& product) {
    if (!device.is_host()) return device.gemm(product, Precision::fp32);
    upper_product(device, product);
    reflect(product.n, product.c);
}

// P = a I + b G + c G G, where `one` is I.
void polynomial(const Device& device, int64_t r, const float* g, const float* one, float* to) {
    const Gemm square = square_product(r, g, g, to);
    if (!device.is_host()) {
        device.gemm(square, Precision::fp32);
        device.map(Map::scale, r * r, to, kMuonC, 0, to);
        device.add_scaled(r * r, kMuonB, g, {to, false});
        device.add_scaled(r * r, kMuonA, one, {to, false});
        return;
    }
    upper_product(device, square);
    for (int64_t i = 0; i < r; ++i) {
        const int64_t first = i / kMuonStrip * kMuonStrip;
        float* row = to + i * r;
        kernels().scale(r - first, kMuonC, row + first);
        kernels().axpy(r - first, kMuonB, g + i * r + first, row + first);
        row[i] += kMuonA;
    }
    reflect(r, to);
}

float norm_of(const Device& device, const ColumnPart& u) {
    thread_local std::vector<std::span<const float>> pieces; // kept: a step allocates nothing
    pieces.clear();
    const bool whole = u.cols == u.distance;
    const auto length = static_cast<size_t>(whole ? u.rows * u.cols : u.cols);
    for (int64_t row = 0; row < (whole ? 1 : u.rows); ++row)
        pieces.emplace_back(u.at + row * u.distance, length);
    return static_cast<float>(std::sqrt(device.sum_of_squares(pieces)));
}

// F of U = u / |u|, over |u|: F u is then what the iterations make of U.
const float* factor_of(const Device& device, const ColumnPart& u, Matrices& work) {
    const int64_t r = u.side();
    work.prepare(device, r);
    const float* one = work.matrix(0);
    float *g = work.matrix(1), *f = work.matrix(2), *p = work.matrix(3), *t = work.matrix(4);
    const auto scale = [&](float by, float* x) { device.map(Map::scale, r * r, x, by, 0, x); };
    const auto product = [&](const float* a, const float* b, float* c) {
        symmetric_product(device, square_product(r, a, b, c));
    };

    const float inverse = 1 / (norm_of(device, u) + kLeastNorm);
    symmetric_product(device, {.trans_a = !u.wide(),
                               .trans_b = u.wide(),
                               .m = r,
                               .n = r,
                               .k = std::max(u.rows, u.cols),
                               .a = u.at,
                               .lda = u.distance,
                               .b = u.at,
                               .ldb = u.distance,
                               .c = g,
                               .ldc = r});
    scale(inverse * inverse, g);
    for (int k = 0; k < kIterations; ++k) {
        float* to = k == 0 ? f : p; // F begins as P0
        polynomial(device, r, g, one, to);
        if (k + 1 < kIterations) {
            product(g, to, t);
            product(t, to, g);
        }
        if (k > 0) {
            product(p, f, t);
            std::swap(f, t);
        }
    }
    scale(inverse, f);
    return f;
}

// p -= rate F u or rate u F.
void step_block(const Device& device, const ColumnPart& u, const ColumnPart& p, float rate) {
    thread_local Matrices work; // nobody else takes this thread meanwhile (parallel.h)
    const float* f = factor_of(device, u, work);
    const int64_t r = u.side();
    device.map(Map::scale, r * r, f, -rate, 0, work.matrix(3));
    const float* minus = work.matrix(3);
    device.gemm({.m = u.rows,
                 .n = u.cols,
                 .k = r,
                 .a = u.wide() ? minus : u.at,
                 .lda = u.wide() ? r : u.distance,
                 .b = u.wide() ? u.at : minus,
                 .ldb = u.wide() ? u.distance : r,
                 .c = p.at,
                 .ldc = p.distance,
                 .accumulate = true},
                Precision::fp32);
}

} // namespace

void muon(const Parameter& p, const Tensor& momentum, const MuonStep& step) {
    const Shape& shape = p.value.shape();
    if (shape.rank != 2 || p.parts < 1 || shape[1] % p.parts != 0)
        fail("Muon: {} must be a matrix of {} equal blocks of columns, found {}", p.name, p.parts,
             shape.text());
    const Device& device = p.value.device();
    const int64_t n = shape.size();
    float *u = p.grad.data(), *m = momentum.data();
    if (step.grad_scale != 1) device.map(Map::scale, n, u, step.grad_scale, 0, u);
    device.map(Map::scale, n, m, step.momentum, 0, m);
    device.add_scaled(n, 1, u, {m, false});
    device.add_scaled(n, step.momentum, m, {u, false});
    if (step.decay != 0)
        device.map(Map::scale, n, p.value.data(), 1 - step.rate * step.decay, 0, p.value.data());

    const int64_t width = shape[1] / p.parts; // of a part
    auto in = static_cast<float>(shape[0]), out = static_cast<float>(width);
    if (p.out_in) std::swap(in, out);
    const float rate = step.rate * std::sqrt(std::max(1.0f, out / in));
    const auto one = [&](int64_t part, int64_t) {
        step_block(device, columns_of(p.grad, p.parts, part), columns_of(p.value, p.parts, part),
                   rate);
    };
    if (device.computes_on_calling_thread()) return parallel_for(p.parts, 1, one);
    for (int64_t part = 0; part < p.parts; ++part) one(part, part + 1);
}

int64_t muon_scratch(int64_t rows, int64_t cols) {
    const int64_t side = std::min(rows, cols);
    return Matrices::kMatrices * side * side;
}

} // namespace qstar::engine
