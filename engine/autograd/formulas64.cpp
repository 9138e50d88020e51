#include "engine/autograd/formulas64.h"

#include "engine/base/elementary.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace qstar::engine::formulas64 {

Values product(const Values& a, const Values& b, size_t m, size_t k, size_t n, bool transpose_b) {
    Values y(m * n, 0.0);
    for (size_t i = 0; i < m; ++i) {
        for (size_t j = 0; j < n; ++j) {
            for (size_t l = 0; l < k; ++l) {
                y[i * n + j] += a[i * k + l] * (transpose_b ? b[j * k + l] : b[l * n + j]);
            }
        }
    }
    return y;
}

Values log_softmax(const double* x, size_t n) {
    const double top = *std::max_element(x, x + n);
    double total = 0;
    for (size_t i = 0; i < n; ++i) total += math::exp(x[i] - top);
    Values y(n);
    for (size_t i = 0; i < n; ++i) y[i] = x[i] - top - math::log(total);
    return y;
}

double gelu64(double x) {
    return 0.5 * x * (1 + math::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}

Values layer_norm64(const Inputs& in) {
    const size_t width = in[1].size(), rows = in[0].size() / width;
    Values y(in[0].size());
    for (size_t r = 0; r < rows; ++r) {
        const double* x = in[0].data() + r * width;
        double mean = 0, variance = 0;
        for (size_t i = 0; i < width; ++i) mean += x[i] / static_cast<double>(width);
        for (size_t i = 0; i < width; ++i) {
            variance += (x[i] - mean) * (x[i] - mean) / static_cast<double>(width);
        }
        for (size_t i = 0; i < width; ++i) {
            y[r * width + i] = (x[i] - mean) / std::sqrt(variance + 1e-5) * in[1][i] + in[2][i];
        }
    }
    return y;
}

Values rms_norm64(const Values& x, const Values& gain) {
    const size_t width = gain.size();
    Values y(x.size());
    for (size_t r = 0; r < x.size(); r += width) {
        double squares = 0;
        for (size_t i = 0; i < width; ++i) squares += x[r + i] * x[r + i];
        const double rstd = 1 / std::sqrt(squares / static_cast<double>(width) + 1e-6);
        for (size_t i = 0; i < width; ++i) y[r + i] = x[r + i] * rstd * gain[i];
    }
    return y;
}

Values rotary64(const Inputs& in, const Values& turns, size_t rows, size_t size) {
    const size_t time = turns.size() / size, half = size / 2;
    Values y;
    for (size_t r = 0; r < rows; ++r) {
        for (size_t part = 0; part < 3; ++part) {
            const size_t width = in[part].size() / rows;
            for (size_t c = 0; c < width; ++c) {
                const double x = in[part][r * width + c];
                const size_t at = r % time * size + c % half;
                const bool first = c % size < half;
                if (part < 2) {
                    const double other = in[part][r * width + (first ? c + half : c - half)];
                    y.push_back(x * turns[at] + (first ? -other : other) * turns[at + half]);
                } else {
                    y.push_back(x);
                }
            }
        }
    }
    return y;
}

Values attention64(const Values& qkv, size_t batch, size_t time, size_t heads, size_t kv_heads,
                   size_t size) {
    const size_t width = heads * size, row = (heads + 2 * kv_heads) * size;
    Values out(batch * time * width, 0.0);
    for (size_t b = 0; b < batch; ++b) {
        for (size_t h = 0; h < heads; ++h) {
            const size_t kv = h * kv_heads / heads; // whose keys and values it sees
            const auto at = [&](size_t t, size_t head, size_t d) {
                return qkv[(b * time + t) * row + head * size + d];
            };
            for (size_t t = 0; t < time; ++t) {
                Values s(t + 1, 0.0);
                for (size_t j = 0; j <= t; ++j) {
                    for (size_t d = 0; d < size; ++d) s[j] += at(t, h, d) * at(j, heads + kv, d);
                    s[j] /= std::sqrt(static_cast<double>(size));
                }
                const Values log_p = log_softmax(s.data(), s.size());
                for (size_t j = 0; j <= t; ++j) {
                    for (size_t d = 0; d < size; ++d) {
                        out[(b * time + t) * width + h * size + d] +=
                            math::exp(log_p[j]) * at(j, heads + kv_heads + kv, d);
                    }
                }
            }
        }
    }
    return out;
}

} // namespace qstar::engine::formulas64
