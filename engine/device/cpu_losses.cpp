// The processor's losses and what they are made of, with their gradients.

#include "engine/base/elementary.h"
#include "engine/base/sum.h"
#include "engine/device/cpu_device.h"
#include "engine/kernels/kernels.h"

#include <algorithm>

namespace qstar::engine::on_cpu {

void CpuDevice::cross_entropy(int64_t rows, int64_t classes, const float* x, const int* targets,
                              const float* weights, double total, float* p, float* row_loss,
                              float* loss) const {
    parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            row_loss[r] = 0;
            if (weights[r] == 0) continue;
            const float lse = kernels().softmax(classes, x + r * classes, p + r * classes);
            row_loss[r] = weights[r] * (lse - x[r * classes + targets[r]]);
        }
    });
    *loss = static_cast<float>(sum_of({row_loss, static_cast<size_t>(rows)}) / total);
}

void CpuDevice::cross_entropy_grad(int64_t rows, int64_t classes, const float* p,
                                   const int* targets, const float* weights, const float* dy,
                                   float constant, GradTarget dx) const {
    if (!dx.data) return;
    const float factor = *dy * constant;
    parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            float* to = dx.data + r * classes;
            const float w = factor * weights[r];
            if (dx.fresh) std::fill_n(to, classes, 0.0f);
            if (weights[r] == 0) continue;
            kernels().axpy(classes, w, p + r * classes, to);
            to[targets[r]] -= w;
        }
    });
}

void CpuDevice::log_prob(int64_t rows, int64_t classes, const float* x, const int* targets,
                         float* p, float* y) const {
    parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            const float* row = x + r * classes;
            const float lse = kernels().softmax(classes, row, p + r * classes);
            y[r] = row[targets[r]] - lse;
        }
    });
}

void CpuDevice::log_prob_grad(int64_t rows, int64_t classes, const float* p, const int* targets,
                              const float* dy, GradTarget dx) const {
    if (!dx.data) return;
    clear_if_fresh(dx, rows * classes);
    for (int64_t r = 0; r < rows; ++r) {
        kernels().axpy(classes, -dy[r], p + r * classes, dx.data + r * classes);
        dx.data[r * classes + targets[r]] += dy[r];
    }
}

void CpuDevice::entropy(int64_t rows, int64_t classes, const float* x, float* p, float* lse,
                        float* y) const {
    parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            float* row = p + r * classes;
            lse[r] = kernels().softmax(classes, x + r * classes, row);
            y[r] = lse[r] - kernels().dot(classes, row, x + r * classes);
        }
    });
}

void CpuDevice::entropy_grad(int64_t rows, int64_t classes, const float* x, const float* p,
                             const float* lse, const float* y, const float* dy,
                             GradTarget dx) const {
    add_each(dx, rows * classes, [&](int64_t i) {
        const int64_t r = i / classes;
        return -dy[r] * p[i] * (x[i] - lse[r] + y[r]);
    });
}

void CpuDevice::binary_cross_entropy(int64_t n, const float* x, const float* labels,
                                     const float* weights, double total, float* off,
                                     float* loss) const {
    double sum = 0;
    for (int64_t i = 0; i < n; ++i) {
        off[i] = math::sigmoid(x[i]) - labels[i];
        sum += static_cast<double>(weights[i]) * (math::softplus(x[i]) - labels[i] * x[i]);
    }
    *loss = static_cast<float>(sum / total);
}

void CpuDevice::binary_cross_entropy_grad(int64_t n, const float* off, const float* weights,
                                          const float* dy, float constant, GradTarget dx) const {
    const float factor = *dy * constant;
    add_each(dx, n, [=](int64_t i) { return factor * weights[i] * off[i]; });
}

} // namespace qstar::engine::on_cpu
