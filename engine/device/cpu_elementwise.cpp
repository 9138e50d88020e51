// The processor's elementwise operations and their gradients.

#include "engine/base/elementary.h"
#include "engine/base/sum.h"
#include "engine/device/cpu_device.h"
#include "engine/kernels/kernels.h"

#include <algorithm>
#include <span>
#include <vector>

namespace qstar::engine::on_cpu {

namespace {

template <class Function>
void each(int64_t n, const float* x, float* y, Function f) {
    parallel_for(n, kMapGrain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) y[i] = f(x[i]);
    });
}

template <class Function>
void each(int64_t n, const float* a, const float* b, float* y, Function f) {
    parallel_for(n, kMapGrain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) y[i] = f(a[i], b[i]);
    });
}

} // namespace

void clear_if_fresh(const GradTarget& d, int64_t size) {
    if (d.data && d.fresh) std::fill_n(d.data, size, 0.0f);
}

void CpuDevice::add_scaled(int64_t n, float alpha, const float* x, GradTarget d) const {
    if (!d.data) return;
    parallel_for(n, kMapGrain, [&](int64_t begin, int64_t end) {
        if (d.fresh) {
            std::copy_n(x + begin, end - begin, d.data + begin);
            if (alpha != 1) kernels().scale(end - begin, alpha, d.data + begin);
        } else {
            kernels().axpy(end - begin, alpha, x + begin, d.data + begin);
        }
    });
}

void CpuDevice::map(Map f, int64_t n, const float* x, float c0, float c1, float* y) const {
    switch (f) {
    case Map::scale:
        if (x != y) return each(n, x, y, [=](float v) { return c0 * v; });
        return parallel_for(n, kMapGrain, [&](int64_t begin, int64_t end) {
            kernels().scale(end - begin, c0, y + begin);
        });
    case Map::shift:
        return each(n, x, y, [=](float v) { return v + c0; });
    case Map::exp:
        return each(n, x, y, [](float v) { return math::exp(v); });
    case Map::log:
        return each(n, x, y, [](float v) { return math::log(v); });
    case Map::sigmoid:
        return each(n, x, y, [](float v) { return math::sigmoid(v); });
    case Map::softplus:
        return each(n, x, y, [](float v) { return math::softplus(v); });
    case Map::tanh:
        return each(n, x, y, [](float v) { return math::tanh(v); });
    case Map::relu:
        return each(n, x, y, [](float v) { return v > 0 ? v : 0.0f; });
    case Map::clamp:
        return each(n, x, y, [=](float v) { return std::min(std::max(v, c0), c1); });
    case Map::gelu:
        return parallel_for(n, kMapGrain, [&](int64_t begin, int64_t end) {
            kernels().gelu(end - begin, x + begin, y + begin);
        });
    }
}

void CpuDevice::map_grad(Map f, int64_t n, const float* x, const float* y, const float* dy,
                         float c0, float c1, GradTarget dx) const {
    if (!dx.data) return;
    // dx = dy f'(x), written with x and y at hand.
    const auto add = [&](auto derivative) {
        add_each(dx, n, [=](int64_t i) { return dy[i] * derivative(x[i], y[i]); });
    };
    switch (f) {
    case Map::scale:
        return add_scaled(n, c0, dy, dx);
    case Map::shift:
        return add_scaled(n, 1.0f, dy, dx);
    case Map::exp:
        return add([](float, float v) { return v; });
    case Map::log:
        return add([](float u, float) { return 1.0f / u; });
    case Map::sigmoid:
        return add([](float, float v) { return v * (1.0f - v); });
    case Map::softplus:
        return add([](float u, float) { return math::sigmoid(u); });
    case Map::tanh:
        return add([](float, float v) { return 1.0f - v * v; });
    case Map::relu:
        return add([](float u, float) { return u > 0 ? 1.0f : 0.0f; });
    case Map::clamp:
        return add([=](float u, float) { return u < c0 || u > c1 ? 0.0f : 1.0f; });
    case Map::gelu:
        return parallel_for(n, kMapGrain, [&](int64_t begin, int64_t end) {
            kernels().gelu_grad(end - begin, x + begin, dy + begin, dx.data + begin, !dx.fresh);
        });
    }
}

void CpuDevice::zip(Zip f, int64_t n, const float* a, const float* b, float* y) const {
    switch (f) {
    case Zip::add:
        return parallel_for(n, kMapGrain, [&](int64_t begin, int64_t end) {
            kernels().add(end - begin, a + begin, b + begin, y + begin);
        });
    case Zip::mul:
        return parallel_for(n, kMapGrain, [&](int64_t begin, int64_t end) {
            kernels().mul(end - begin, a + begin, b + begin, y + begin);
        });
    case Zip::sub:
        return each(n, a, b, y, [](float u, float v) { return u - v; });
    case Zip::minimum:
        return each(n, a, b, y, [](float u, float v) { return v < u ? v : u; });
    }
}

// y = a * b:  da = dy b, db = dy a.   y = min(a, b): dy goes to the smaller one
void CpuDevice::zip_grad(Zip f, bool second, int64_t n, const float* a, const float* b,
                         const float* dy, GradTarget d) const {
    if (f == Zip::mul) {
        const float* other = second ? a : b;
        return add_each(d, n, [=](int64_t i) { return dy[i] * other[i]; });
    }
    add_each(d, n, [=](int64_t i) { return (b[i] < a[i]) == second ? dy[i] : 0.0f; });
}

void CpuDevice::sum(int64_t n, const float* x, float* y) const {
    const int64_t chunks = (n + kElementGrain - 1) / kElementGrain;
    std::vector<float> partial(static_cast<size_t>(chunks));
    parallel_for(n, kElementGrain, [&](int64_t begin, int64_t end) {
        partial[static_cast<size_t>(begin / kElementGrain)] = kernels().sum(end - begin, x + begin);
    });
    *y = static_cast<float>(sum_of(partial));
}

void CpuDevice::spread(int64_t n, const float* y, GradTarget d) const {
    const float dy = *y;
    add_each(d, n, [=](int64_t) { return dy; });
}

} // namespace qstar::engine::on_cpu
