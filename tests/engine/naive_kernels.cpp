#include "tests/engine/naive_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace qstar::engine {

namespace {

void add(int64_t n, const float* x, const float* y, float* out) {
    for (int64_t i = 0; i < n; ++i) out[i] = x[i] + y[i];
}

void mul(int64_t n, const float* x, const float* y, float* out) {
    for (int64_t i = 0; i < n; ++i) out[i] = x[i] * y[i];
}

void axpy(int64_t n, float alpha, const float* x, float* y) {
    for (int64_t i = 0; i < n; ++i) y[i] = std::fma(alpha, x[i], y[i]);
}

void scale(int64_t n, float alpha, float* x) {
    for (int64_t i = 0; i < n; ++i) x[i] *= alpha;
}

float dot(int64_t n, const float* x, const float* y) {
    double total = 0;
    for (int64_t i = 0; i < n; ++i) total += static_cast<double>(x[i]) * y[i];
    return static_cast<float>(total);
}

float sum(int64_t n, const float* x) {
    double total = 0;
    for (int64_t i = 0; i < n; ++i) total += x[i];
    return static_cast<float>(total);
}

constexpr double kRootTwoOverPi = 0.7978845608028654;
constexpr double kCubic = 0.044715;

void gelu(int64_t n, const float* x, float* y) {
    for (int64_t i = 0; i < n; ++i) {
        const double v = x[i];
        const double t = std::tanh(kRootTwoOverPi * (v + kCubic * v * v * v));
        y[i] = static_cast<float>(0.5 * v * (1.0 + t));
    }
}

void gelu_grad(int64_t n, const float* x, const float* dy, float* dx, bool accumulate) {
    for (int64_t i = 0; i < n; ++i) {
        const double v = x[i];
        const double t = std::tanh(kRootTwoOverPi * (v + kCubic * v * v * v));
        const double inner = kRootTwoOverPi * (1.0 + 3.0 * kCubic * v * v);
        const double slope = 0.5 * (1.0 + t) + 0.5 * v * (1.0 - t * t) * inner;
        const float grad = static_cast<float>(dy[i] * slope);
        dx[i] = accumulate ? dx[i] + grad : grad;
    }
}

float softmax(int64_t n, const float* x, float* y) {
    float top = -std::numeric_limits<float>::infinity();
    for (int64_t i = 0; i < n; ++i) top = x[i] > top ? x[i] : top;
    double total = 0;
    for (int64_t i = 0; i < n; ++i) {
        const double e = std::exp(static_cast<double>(x[i]) - top);
        total += e;
        y[i] = static_cast<float>(e);
    }
    for (int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(y[i] / total);
    return static_cast<float>(top + std::log(total));
}

void exp_shift(int64_t n, const float* x, float shift, float* y) {
    for (int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(std::exp(double{x[i]} - shift));
}

float online_softmax(int64_t n, float* x, float factor, float* top) {
    float highest = *top;
    for (int64_t i = 0; i < n; ++i) highest = std::max(highest, factor * x[i]);
    double total = 0;
    for (int64_t i = 0; i < n; ++i) {
        const double e = std::exp(double{factor} * x[i] - highest);
        x[i] = static_cast<float>(e);
        total += e;
    }
    *top = highest;
    return static_cast<float>(total);
}

void softmax_grad(int64_t n, float* s, float* d, float factor, float lse, float centre) {
    for (int64_t i = 0; i < n; ++i) {
        const double p = std::exp(double{factor} * s[i] - lse);
        s[i] = static_cast<float>(p);
        d[i] = static_cast<float>(double{factor} * p * (double{d[i]} - centre));
    }
}

void layer_norm(int64_t n, const float* x, const float* gain, const float* bias, float eps,
                float* y, float* mean, float* rstd) {
    double total = 0;
    for (int64_t i = 0; i < n; ++i) total += x[i];
    const double centre = total / static_cast<double>(n);
    double squares = 0;
    for (int64_t i = 0; i < n; ++i) squares += (x[i] - centre) * (x[i] - centre);
    const double inverse = 1.0 / std::sqrt(squares / static_cast<double>(n) + eps);
    for (int64_t i = 0; i < n; ++i) {
        y[i] = static_cast<float>((x[i] - centre) * inverse * gain[i] + bias[i]);
    }
    *mean = static_cast<float>(centre);
    *rstd = static_cast<float>(inverse);
}

void layer_norm_grad(int64_t n, const float* x, const float* gain, const float* dy, float mean,
                     float rstd, float* dx, bool accumulate, float* dgain, float* dbias) {
    // With xhat = (x - mean) rstd and g = dy gain:
    //   dx = rstd (g - average(g) - xhat average(g xhat))
    double total = 0;
    double total_xhat = 0;
    for (int64_t i = 0; i < n; ++i) {
        const double xhat = (double{x[i]} - mean) * rstd;
        const double g = double{dy[i]} * gain[i];
        total += g;
        total_xhat += g * xhat;
        dgain[i] = static_cast<float>(dgain[i] + dy[i] * xhat);
        dbias[i] += dy[i];
    }
    const double average = total / static_cast<double>(n);
    const double average_xhat = total_xhat / static_cast<double>(n);
    for (int64_t i = 0; i < n; ++i) {
        const double xhat = (double{x[i]} - mean) * rstd;
        const double g = double{dy[i]} * gain[i];
        const float grad = static_cast<float>(rstd * (g - average - xhat * average_xhat));
        dx[i] = accumulate ? dx[i] + grad : grad;
    }
}

void rms_norm(int64_t n, const float* x, const float* gain, float eps, float* y, float* rstd) {
    double squares = 0;
    for (int64_t i = 0; i < n; ++i) squares += double{x[i]} * x[i];
    const double inverse = 1.0 / std::sqrt(squares / static_cast<double>(n) + eps);
    for (int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(x[i] * inverse * gain[i]);
    *rstd = static_cast<float>(inverse);
}

void rms_norm_grad(int64_t n, const float* x, const float* gain, const float* dy, float rstd,
                   float* dx, bool accumulate, float* dgain) {
    // With xhat = x rstd and g = dy gain: dx = rstd (g - xhat average(g xhat))
    double total = 0;
    for (int64_t i = 0; i < n; ++i) {
        const double xhat = double{x[i]} * rstd;
        total += double{dy[i]} * gain[i] * xhat;
        dgain[i] = static_cast<float>(dgain[i] + dy[i] * xhat);
    }
    const double average = total / static_cast<double>(n);
    for (int64_t i = 0; i < n; ++i) {
        const double g = double{dy[i]} * gain[i];
        const float grad = static_cast<float>(rstd * (g - double{x[i]} * rstd * average));
        dx[i] = accumulate ? dx[i] + grad : grad;
    }
}

void swiglu(int64_t n, const float* gate, const float* up, float* y) {
    for (int64_t i = 0; i < n; ++i)
        y[i] = static_cast<float>(gate[i] / (1 + std::exp(-double{gate[i]})) * up[i]);
}

void swiglu_grad(int64_t n, const float* gate, const float* up, const float* dy, float* dgate,
                 bool add_gate, float* dup, bool add_up) {
    for (int64_t i = 0; i < n; ++i) {
        const double g = gate[i], s = 1 / (1 + std::exp(-g));
        const auto for_gate = static_cast<float>(double{dy[i]} * up[i] * (s + g * s * (1 - s)));
        const auto for_up = static_cast<float>(double{dy[i]} * g * s);
        dgate[i] = add_gate ? dgate[i] + for_gate : for_gate;
        dup[i] = add_up ? dup[i] + for_up : for_up;
    }
}

void rotate(int64_t half, const float* x, const float* turn, bool back, float* y, bool accumulate) {
    for (int64_t i = 0; i < half; ++i) {
        const double a = x[i], b = x[half + i], cosine = turn[i];
        const double sine = back ? -double{turn[half + i]} : double{turn[half + i]};
        const auto first = static_cast<float>(a * cosine - b * sine);
        const auto second = static_cast<float>(b * cosine + a * sine);
        y[i] = accumulate ? y[i] + first : first;
        y[half + i] = accumulate ? y[half + i] + second : second;
    }
}

void attend_pages(int64_t n, int64_t heads, int64_t group, int64_t size, const float* const* pages,
                  int64_t keys, int64_t values, const float* q, float factor, float* scores,
                  float* out) {
    for (int64_t h = 0; h < heads; ++h, q += size, out += size) {
        const int64_t part = h / group * size * kPagePositions; // where its keys are in a page
        for (int64_t i = 0; i < n; ++i) {
            const float* key = pages[i / kPagePositions] + keys + part + i % kPagePositions;
            double product = 0;
            for (int64_t d = 0; d < size; ++d) product += double{q[d]} * key[d * kPagePositions];
            scores[i] = static_cast<float>(factor * product);
        }
        softmax(n, scores, scores);
        for (int64_t d = 0; d < size; ++d) {
            double total = 0;
            for (int64_t i = 0; i < n; ++i) {
                const float* value = pages[i / kPagePositions] + values + part;
                total += double{scores[i]} * value[i % kPagePositions * size + d];
            }
            out[d] = static_cast<float>(total);
        }
    }
}

void adamw(int64_t n, float* p, const float* g, float* m, float* v, float grad_scale, float rate,
           float beta1, float beta2, float eps, float decay, float correct1, float correct2) {
    for (int64_t i = 0; i < n; ++i) {
        const double grad = double{grad_scale} * g[i];
        const double first = double{beta1} * m[i] + (1.0 - beta1) * grad;
        const double second = double{beta2} * v[i] + (1.0 - beta2) * grad * grad;
        m[i] = static_cast<float>(first);
        v[i] = static_cast<float>(second);
        const double step = first / correct1 / (std::sqrt(second / correct2) + eps);
        p[i] = static_cast<float>(p[i] - rate * (step + double{decay} * p[i]));
    }
}

} // namespace

const Kernels& naive_kernels() {
    static const Kernels table = {
        .name = "naive",
        .mr = scalar_kernels().mr,
        .nr = scalar_kernels().nr,
        .mr_packed = scalar_kernels().mr_packed,
        .micro = scalar_kernels().micro,
        .small = scalar_kernels().small,
        .pack_transposed = scalar_kernels().pack_transposed,
        .pack_columns = scalar_kernels().pack_columns,
        .add = add,
        .mul = mul,
        .axpy = axpy,
        .scale = scale,
        .dot = dot,
        .sum = sum,
        .gelu = gelu,
        .gelu_grad = gelu_grad,
        .softmax = softmax,
        .exp_shift = exp_shift,
        .online_softmax = online_softmax,
        .softmax_grad = softmax_grad,
        .layer_norm = layer_norm,
        .layer_norm_grad = layer_norm_grad,
        .rms_norm = rms_norm,
        .rms_norm_grad = rms_norm_grad,
        .swiglu = swiglu,
        .swiglu_grad = swiglu_grad,
        .rotate = rotate,
        .attend_pages = attend_pages,
        .adamw = adamw,
    };
    return table;
}

} // namespace qstar::engine
