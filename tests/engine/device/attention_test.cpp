#include "engine/device/attention.h"

#include "engine/base/parallel.h"
#include "engine/base/random.h"
#include "engine/kernels/kernels.h"
#include "tests/engine/normal_numbers.h"

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::engine;

namespace {

// The formulas as they stand in the header's papers, in float64, with all of (T, T).
void naive(const Attention& z, const std::vector<float>& qkv, const std::vector<float>& dout,
           std::vector<double>& out, std::vector<double>& dqkv) {
    const int64_t size = z.size, row = z.qkv_width();
    const double factor = 1 / std::sqrt(static_cast<double>(size));
    out.assign(static_cast<size_t>(z.rows() * z.width()), 0);
    dqkv.assign(qkv.size(), 0);
    for (int64_t b = 0; b < z.batch; ++b) {
        for (int64_t h = 0; h < z.heads; ++h) {
            const auto at = [&](int64_t t, int part, int64_t d) {
                const int64_t head =
                    part == 0 ? h : z.heads + (part - 1) * z.kv_heads + h / z.group();
                return static_cast<size_t>((b * z.time + t) * row + head * size + d);
            };
            const auto o_at = [&](int64_t t, int64_t d) {
                return static_cast<size_t>((b * z.time + t) * z.width() + h * size + d);
            };
            for (int64_t t = 0; t < z.time; ++t) {
                std::vector<double> p(static_cast<size_t>(t + 1)), dp(p);
                double top = -1e300, total = 0, centre = 0;
                for (int64_t j = 0; j <= t; ++j) {
                    double s = 0;
                    for (int64_t d = 0; d < size; ++d)
                        s += double{qkv[at(t, 0, d)]} * qkv[at(j, 1, d)];
                    p[static_cast<size_t>(j)] = factor * s;
                    top = std::max(top, factor * s);
                }
                for (double& x : p) total += x = std::exp(x - top);
                for (double& x : p) x /= total;
                for (int64_t j = 0; j <= t; ++j) {
                    const double pj = p[static_cast<size_t>(j)];
                    for (int64_t d = 0; d < size; ++d) {
                        out[o_at(t, d)] += pj * qkv[at(j, 2, d)];
                        dqkv[at(j, 2, d)] += pj * dout[o_at(t, d)];
                        dp[static_cast<size_t>(j)] += double{dout[o_at(t, d)]} * qkv[at(j, 2, d)];
                    }
                    centre += pj * dp[static_cast<size_t>(j)];
                }
                for (int64_t j = 0; j <= t; ++j) {
                    const double ds =
                        factor * p[static_cast<size_t>(j)] * (dp[static_cast<size_t>(j)] - centre);
                    for (int64_t d = 0; d < size; ++d) {
                        dqkv[at(t, 0, d)] += ds * qkv[at(j, 1, d)];
                        dqkv[at(j, 1, d)] += ds * qkv[at(t, 0, d)];
                    }
                }
            }
        }
    }
}

double worst(const std::vector<float>& x, const std::vector<double>& truth) {
    double worst = 0;
    for (size_t i = 0; i < x.size(); ++i) {
        const double d = std::fabs(x[i] - truth[i]) / (1 + std::fabs(truth[i]));
        worst = std::isnan(d) ? 1e300 : std::max(worst, d);
    }
    return worst;
}

} // namespace

TEST_CASE("attention and its gradient agree with the formulas, over one tile and many") {
    // Within a tile, at its borders, and over three tiles of keys; then heads that share keys.
    for (const Attention z : {Attention{2, 1, 1, 1, 3},
                              {1, 33, 2, 2, 5},
                              {2, 128, 2, 2, 8},
                              {1, 129, 1, 1, 8},
                              {1, 300, 2, 2, 33},
                              {2, 1, 6, 2, 3},
                              {2, 35, 3, 1, 5},
                              {1, 129, 4, 2, 7},
                              {2, 290, 6, 3, 16}}) {
        const int64_t n = z.rows() * z.width();
        const std::vector<float> qkv = normal_numbers(z.rows() * z.qkv_width(), "qkv"),
                                 dout = normal_numbers(n, "dout");
        std::vector<double> out_truth, dqkv_truth;
        naive(z, qkv, dout, out_truth, dqkv_truth);
        for (const char* isa : {"scalar", "avx2", "avx512"}) {
            const std::string before = isa_name();
            try {
                use_isa(isa);
            } catch (const std::exception&) {
                continue; // not on this processor
            }
            CAPTURE(isa);
            CAPTURE(z.time);
            std::vector<float> out(static_cast<size_t>(n), NAN), dqkv(qkv.size(), NAN);
            std::vector<float> lse(static_cast<size_t>(z.batch * z.heads * z.time), NAN);
            attention_forward(qkv.data(), out.data(), lse.data(), z);
            CHECK(worst(out, out_truth) < 1e-5);
            attention_backward(qkv.data(), out.data(), lse.data(), dout.data(), dqkv.data(), false,
                               z);
            CHECK(worst(dqkv, dqkv_truth) < 2e-5);

            std::vector<float> twice = dqkv;
            attention_backward(qkv.data(), out.data(), lse.data(), dout.data(), twice.data(), true,
                               z);
            for (double& x : dqkv_truth) x *= 2;
            CHECK(worst(twice, dqkv_truth) < 4e-5);
            for (double& x : dqkv_truth) x /= 2;
            use_isa(before.c_str());
        }
    }
}

TEST_CASE("attention has the same bytes at any number of threads") {
    const Attention z{3, 150, 4, 2, 8};
    const int64_t n = z.rows() * z.width();
    const std::vector<float> qkv = normal_numbers(z.rows() * z.qkv_width(), "qkv"),
                             dout = normal_numbers(n, "dout");
    std::vector<std::vector<float>> results;
    for (const int count : {1, 2, 3}) {
        set_threads(count);
        std::vector<float> out(static_cast<size_t>(n)), dqkv(qkv.size());
        std::vector<float> lse(static_cast<size_t>(z.batch * z.heads * z.time));
        attention_forward(qkv.data(), out.data(), lse.data(), z);
        attention_backward(qkv.data(), out.data(), lse.data(), dout.data(), dqkv.data(), false, z);
        out.insert(out.end(), dqkv.begin(), dqkv.end());
        results.push_back(out);
    }
    set_threads(0);
    for (const auto& other : results) {
        CHECK(std::memcmp(other.data(), results[0].data(), other.size() * sizeof(float)) == 0);
    }
}
