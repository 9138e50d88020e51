#include "engine/kernels/kernels.h"

#include "engine/base/cpu.h"
#include "engine/base/error.h"
#include "engine/base/random.h"
#include "tests/engine/naive_kernels.h"
#include "tests/engine/tables.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <doctest/doctest.h>
#include <limits>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::engine;

namespace {

constexpr float kGuard = 12345.0f;
constexpr int64_t kMargin = 32;
const std::vector<int64_t> kSizes = {0, 1, 3, 7, 8, 15, 16, 17, 31, 33, 64, 100, 257};

// n numbers between two strips that no kernel may write to.
struct Guarded {
    std::vector<float> memory;
    int64_t n;

    explicit Guarded(int64_t size, float value = 0)
        : memory(static_cast<size_t>(size + 2 * kMargin), kGuard), n(size) {
        std::fill_n(data(), size, value);
    }
    float* data() { return memory.data() + kMargin; }
    float operator[](int64_t i) const { return memory[static_cast<size_t>(i + kMargin)]; }
    bool intact() const {
        const auto guarded = [](float x) { return x == kGuard; };
        return std::all_of(memory.begin(), memory.begin() + kMargin, guarded) &&
               std::all_of(memory.end() - kMargin, memory.end(), guarded);
    }
};

Guarded guarded_numbers(int64_t n, std::string_view name, double spread = 1.0) {
    Guarded x(n);
    Random random(7, name);
    for (int64_t i = 0; i < n; ++i) x.data()[i] = static_cast<float>(spread * random.normal());
    return x;
}

// Largest |x - y| / (1 + |y|); infinite when a guard was hit.
double difference(const Guarded& x, const Guarded& y) {
    double worst = x.intact() && y.intact() ? 0 : std::numeric_limits<double>::infinity();
    for (int64_t i = 0; i < x.n; ++i) {
        const double d = std::fabs(double{x[i]} - y[i]) / (1 + std::fabs(y[i]));
        worst = std::isnan(d) ? std::numeric_limits<double>::infinity() : std::max(worst, d);
    }
    return worst;
}

bool same_bytes(const Guarded& x, const Guarded& y) {
    return x.memory.size() == y.memory.size() &&
           std::memcmp(x.memory.data(), y.memory.data(), x.memory.size() * sizeof(float)) == 0;
}

double relative(double x, double y) { return std::fabs(x - y) / (1 + std::fabs(y)); }

} // namespace

TEST_CASE("elementwise kernels agree with the naive table and stay inside") {
    const Kernels& oracle = naive_kernels();
    for (const Kernels* table : all_tables()) {
        for (const int64_t n : kSizes) {
            CAPTURE(table->name);
            CAPTURE(n);
            Guarded x = guarded_numbers(n, "x", 2);
            Guarded y = guarded_numbers(n, "y");
            Guarded ours(n);
            Guarded theirs(n);
            table->add(n, x.data(), y.data(), ours.data());
            oracle.add(n, x.data(), y.data(), theirs.data());
            CHECK(same_bytes(ours, theirs));
            table->mul(n, x.data(), y.data(), ours.data());
            oracle.mul(n, x.data(), y.data(), theirs.data());
            CHECK(same_bytes(ours, theirs));
            table->axpy(n, 0.3f, x.data(), ours.data());
            oracle.axpy(n, 0.3f, x.data(), theirs.data());
            CHECK(same_bytes(ours, theirs));
            table->scale(n, -1.7f, ours.data());
            oracle.scale(n, -1.7f, theirs.data());
            CHECK(same_bytes(ours, theirs));
            CHECK(relative(table->dot(n, x.data(), y.data()), oracle.dot(n, x.data(), y.data())) <
                  1e-5);
            CHECK(relative(table->sum(n, x.data()), oracle.sum(n, x.data())) < 1e-5);
        }
    }
}

TEST_CASE("GELU and its gradient agree with the naive table") {
    const Kernels& oracle = naive_kernels();
    for (const Kernels* table : all_tables()) {
        for (const int64_t n : kSizes) {
            CAPTURE(table->name);
            CAPTURE(n);
            Guarded x = guarded_numbers(n, "x", 3);
            Guarded dy = guarded_numbers(n, "dy");
            if (n > 4) {
                x.data()[0] = -1e30f;
                x.data()[1] = 1e30f;
                x.data()[2] = -12.0f;
                x.data()[3] = 0.0f;
            }
            Guarded ours(n);
            Guarded theirs(n);
            table->gelu(n, x.data(), ours.data());
            oracle.gelu(n, x.data(), theirs.data());
            CHECK(difference(ours, theirs) < 1e-6);
            if (n > 4) x.data()[0] = x.data()[1] = 0.5f;
            for (const bool accumulate : {false, true}) {
                table->gelu_grad(n, x.data(), dy.data(), ours.data(), accumulate);
                oracle.gelu_grad(n, x.data(), dy.data(), theirs.data(), accumulate);
                CHECK(difference(ours, theirs) < 2e-6);
            }
        }
    }
}

TEST_CASE("the GELU gradient is finite where x squared is not") {
    for (const Kernels* table : all_tables()) {
        const float x[2] = {1e30f, -1e30f};
        const float dy[2] = {1, 1};
        float dx[2];
        table->gelu_grad(2, x, dy, dx, false);
        CHECK(dx[0] == 1.0f);
        CHECK(dx[1] == 0.0f);
    }
}

TEST_CASE("exp is within 2 units in the last place, from the denormals to infinity") {
    for (const Kernels* table : all_tables()) {
        CAPTURE(table->name);
        double worst = 0;
        std::vector<float> x;
        for (double v = -86.5; v < 88.5; v += 0.00371) x.push_back(static_cast<float>(v));
        std::vector<float> y(x.size());
        table->exp_shift(static_cast<int64_t>(x.size()), x.data(), 0.0f, y.data());
        for (size_t i = 0; i < x.size(); ++i) {
            const double truth = std::exp(double{x[i]});
            const float there = static_cast<float>(truth);
            const double unit = std::nextafter(there, INFINITY) - double{there};
            worst = std::max(worst, std::fabs(y[i] - truth) / unit);
        }
        CHECK(worst < 2.0);

        const float infinity = std::numeric_limits<float>::infinity();
        const float ends[5] = {-infinity, -1e30f, -105.0f, 89.5f, infinity};
        float out[5];
        table->exp_shift(5, ends, 0.0f, out);
        CHECK(out[0] == 0.0f);
        CHECK(out[1] == 0.0f);
        CHECK(out[2] == 0.0f);
        CHECK(out[3] == infinity);
        CHECK(out[4] == infinity);
    }
}

TEST_CASE("softmax and its gradient agree with the naive table") {
    const Kernels& oracle = naive_kernels();
    for (const Kernels* table : all_tables()) {
        for (const int64_t n : kSizes) {
            if (n == 0) continue;
            CAPTURE(table->name);
            CAPTURE(n);
            Guarded x = guarded_numbers(n, "x", 5);
            if (n > 3) x.data()[2] = -std::numeric_limits<float>::infinity(); // a masked place
            Guarded ours(n);
            Guarded theirs(n);
            const float log_sum = table->softmax(n, x.data(), ours.data());
            const float log_sum_oracle = oracle.softmax(n, x.data(), theirs.data());
            CHECK(relative(log_sum, log_sum_oracle) < 1e-6);
            CHECK(difference(ours, theirs) < 1e-6);
            if (n > 3) CHECK(ours[2] == 0.0f);
            CHECK(std::fabs(oracle.sum(n, ours.data()) - 1.0f) < 1e-5f);

            Guarded in_place = x;
            table->softmax(n, in_place.data(), in_place.data());
            CHECK(same_bytes(in_place, ours));

            const float lse = log_sum_oracle * 0.5f; // of the scores 0.5 x, nearly
            Guarded p = x;
            Guarded p_oracle = x;
            Guarded ds = guarded_numbers(n, "dp");
            Guarded ds_oracle = ds;
            table->softmax_grad(n, p.data(), ds.data(), 0.5f, lse, 0.2f);
            oracle.softmax_grad(n, p_oracle.data(), ds_oracle.data(), 0.5f, lse, 0.2f);
            CHECK(difference(p, p_oracle) < 1e-6);
            CHECK(difference(ds, ds_oracle) < 1e-6);
        }
    }
}

TEST_CASE("a softmax piece by piece agrees with the naive table and with the whole") {
    for (const Kernels* table : all_tables()) {
        for (const int64_t n : kSizes) {
            if (n < 2) continue;
            CAPTURE(table->name);
            CAPTURE(n);
            const Guarded x = guarded_numbers(n, "x", 5);
            Guarded pieces = x;
            Guarded whole(n);
            Guarded scaled = x;
            for (int64_t i = 0; i < n; ++i) scaled.data()[i] *= 0.7f;
            const float lse = naive_kernels().softmax(n, scaled.data(), whole.data());

            float top = -std::numeric_limits<float>::infinity();
            const int64_t half = n / 2;
            const float first = table->online_softmax(half, pieces.data(), 0.7f, &top);
            const float first_top = top;
            const float second = table->online_softmax(n - half, pieces.data() + half, 0.7f, &top);
            CHECK(top >= first_top);
            const float shrink = std::exp(first_top - top);
            const float total = first * shrink + second;
            CHECK(relative(top + std::log(total), lse) < 1e-5);
            for (int64_t i = 0; i < n; ++i) {
                const float p = pieces[i] * (i < half ? shrink : 1.0f) / total;
                CHECK(std::fabs(p - whole[i]) < 2e-6f);
            }
        }
    }
}

TEST_CASE("softmax does not overflow") {
    for (const Kernels* table : all_tables()) {
        const float x[3] = {1000.0f, 1000.0f, -1000.0f};
        float y[3];
        CHECK(std::fabs(table->softmax(3, x, y) - (1000.0f + std::log(2.0f))) < 1e-3f);
        CHECK(std::fabs(y[0] - 0.5f) < 1e-6f);
        CHECK(y[2] == 0.0f);
    }
}

TEST_CASE("layer norm and its gradient agree with the naive table") {
    const Kernels& oracle = naive_kernels();
    for (const Kernels* table : all_tables()) {
        for (const int64_t n : kSizes) {
            if (n < 3) continue; // the variance of one or two numbers magnifies rounding
            CAPTURE(table->name);
            CAPTURE(n);
            Guarded x = guarded_numbers(n, "x", 2);
            for (int64_t i = 0; i < n; ++i) x.data()[i] += 3.0f;
            Guarded gain = guarded_numbers(n, "gain");
            Guarded bias = guarded_numbers(n, "bias");
            Guarded ours(n);
            Guarded theirs(n);
            float mean = 0;
            float rstd = 0;
            float mean_oracle = 0;
            float rstd_oracle = 0;
            const float eps = n % 2 == 0 ? 1e-5f : 0.25f;
            table->layer_norm(n, x.data(), gain.data(), bias.data(), eps, ours.data(), &mean,
                              &rstd);
            oracle.layer_norm(n, x.data(), gain.data(), bias.data(), eps, theirs.data(),
                              &mean_oracle, &rstd_oracle);
            CHECK(relative(mean, mean_oracle) < 1e-6);
            CHECK(relative(rstd, rstd_oracle) < 1e-5);
            CHECK(difference(ours, theirs) < 1e-5);

            Guarded dy = guarded_numbers(n, "dy");
            for (const bool accumulate : {false, true}) {
                Guarded dx = guarded_numbers(n, "dx");
                Guarded dgain = guarded_numbers(n, "dgain");
                Guarded dbias = guarded_numbers(n, "dbias");
                Guarded dx_oracle = dx;
                Guarded dgain_oracle = dgain;
                Guarded dbias_oracle = dbias;
                table->layer_norm_grad(n, x.data(), gain.data(), dy.data(), mean, rstd, dx.data(),
                                       accumulate, dgain.data(), dbias.data());
                oracle.layer_norm_grad(n, x.data(), gain.data(), dy.data(), mean, rstd,
                                       dx_oracle.data(), accumulate, dgain_oracle.data(),
                                       dbias_oracle.data());
                CHECK(difference(dx, dx_oracle) < 1e-5);
                CHECK(difference(dgain, dgain_oracle) < 1e-5);
                CHECK(difference(dbias, dbias_oracle) < 1e-6);
            }
        }
    }
}

TEST_CASE("RMS norm and its gradient agree with the naive table") {
    const Kernels& oracle = naive_kernels();
    for (const Kernels* table : all_tables()) {
        for (const int64_t n : kSizes) {
            if (n < 3) continue; // the gradient of one number is a difference of equal ones
            CAPTURE(table->name);
            CAPTURE(n);
            Guarded x = guarded_numbers(n, "x", 2), gain = guarded_numbers(n, "gain");
            Guarded ours(n), theirs(n), dy = guarded_numbers(n, "dy");
            float rstd = 0, rstd_oracle = 0;
            table->rms_norm(n, x.data(), gain.data(), 1e-6f, ours.data(), &rstd);
            oracle.rms_norm(n, x.data(), gain.data(), 1e-6f, theirs.data(), &rstd_oracle);
            CHECK(relative(rstd, rstd_oracle) < 1e-5);
            CHECK(difference(ours, theirs) < 1e-5);
            for (const bool accumulate : {false, true}) {
                Guarded dx = guarded_numbers(n, "dx"), dgain = guarded_numbers(n, "dgain");
                Guarded dx_oracle = dx, dgain_oracle = dgain;
                table->rms_norm_grad(n, x.data(), gain.data(), dy.data(), rstd, dx.data(),
                                     accumulate, dgain.data());
                oracle.rms_norm_grad(n, x.data(), gain.data(), dy.data(), rstd, dx_oracle.data(),
                                     accumulate, dgain_oracle.data());
                CHECK(difference(dx, dx_oracle) < 1e-5);
                CHECK(difference(dgain, dgain_oracle) < 1e-5);
            }
        }
    }
}

TEST_CASE("SwiGLU and rotation, with their gradients, agree with the naive table") {
    const Kernels& oracle = naive_kernels();
    for (const Kernels* table : all_tables()) {
        for (const int64_t n : kSizes) {
            CAPTURE(table->name);
            CAPTURE(n);
            Guarded gate = guarded_numbers(n, "gate", 4), up = guarded_numbers(n, "up");
            Guarded ours(n), theirs(n), dy = guarded_numbers(n, "dy");
            if (n > 2) gate.data()[0] = 200.0f, gate.data()[1] = -200.0f;
            table->swiglu(n, gate.data(), up.data(), ours.data());
            oracle.swiglu(n, gate.data(), up.data(), theirs.data());
            CHECK(difference(ours, theirs) < 1e-5);
            for (const bool add : {false, true}) {
                Guarded dgate = guarded_numbers(n, "dgate"), dup = guarded_numbers(n, "dup");
                Guarded dgate_oracle = dgate, dup_oracle = dup;
                table->swiglu_grad(n, gate.data(), up.data(), dy.data(), dgate.data(), add,
                                   dup.data(), !add);
                oracle.swiglu_grad(n, gate.data(), up.data(), dy.data(), dgate_oracle.data(), add,
                                   dup_oracle.data(), !add);
                CHECK(difference(dgate, dgate_oracle) < 1e-5);
                CHECK(difference(dup, dup_oracle) < 1e-5);
            }
            Guarded x = guarded_numbers(2 * n, "x"), turn = guarded_numbers(2 * n, "turn");
            for (const bool back : {false, true}) {
                for (const bool accumulate : {false, true}) {
                    Guarded y = guarded_numbers(2 * n, "y"), y_oracle = y;
                    table->rotate(n, x.data(), turn.data(), back, y.data(), accumulate);
                    oracle.rotate(n, x.data(), turn.data(), back, y_oracle.data(), accumulate);
                    CHECK(difference(y, y_oracle) < 1e-6);
                }
            }
            Guarded in_place = x, apart(2 * n);
            table->rotate(n, x.data(), turn.data(), false, apart.data(), false);
            table->rotate(n, in_place.data(), turn.data(), false, in_place.data(), false);
            CHECK(difference(in_place, apart) == 0);
        }
    }
}

TEST_CASE("attention over pages agrees with the naive table, whatever lies behind the end") {
    constexpr float kNothing = std::numeric_limits<float>::quiet_NaN();
    for (const int64_t size : {1, 5, 8, 16, 20, 32, 48, 70, 80}) {
        for (const int64_t n : {1, 2, 15, 16, 17, 31, 50, 64, 129}) {
            const int64_t group = 1 + n % 3, sharing = 1 + (n + size) % 3; // heads of keys
            const int64_t heads = group * sharing, width = heads * size;
            const int64_t count = (n + kPagePositions - 1) / kPagePositions;
            const int64_t keys = 3, values = keys + sharing * size * kPagePositions + 5;
            const int64_t page = values + sharing * size * kPagePositions;
            Guarded cache = guarded_numbers(count * page, "pages"),
                    q = guarded_numbers(width, "query", 2);
            std::vector<const float*> pages; // the last one stands first in memory
            for (int64_t p = count; p-- > 0;) pages.push_back(cache.data() + p * page);
            for (int64_t i = n; i < count * kPagePositions; ++i) {
                const int64_t at = i % kPagePositions;
                for (int64_t d = 0; d < sharing * size; ++d)
                    cache.data()[keys + d * kPagePositions + at] = kNothing;
                for (int64_t h = 0; h < sharing; ++h) {
                    float* value = cache.data() + values + (h * kPagePositions + at) * size;
                    std::fill_n(value, size, kNothing);
                }
            }
            Guarded scores(heads * count * kPagePositions), expected(width, kGuard);
            const auto run = [&](const Kernels& table, Guarded& out) {
                table.attend_pages(n, heads, group, size, pages.data(), keys, values, q.data(),
                                   0.3f, scores.data(), out.data());
            };
            run(naive_kernels(), expected);
            CHECK(difference(expected, expected) == 0);
            for (const Kernels* table : all_tables()) {
                CAPTURE(table->name);
                CAPTURE(size);
                CAPTURE(n);
                Guarded out(width, kGuard);
                run(*table, out);
                CHECK(difference(out, expected) < 5e-6);
                CHECK(scores.intact());
            }
            // A key that is no number spoils its heads, as it would in softmax(), and no other.
            cache.data()[(count - 1) * page + keys] = kNothing; // of position 0, head 0
            for (const Kernels* table : all_tables()) {
                Guarded out(width);
                run(*table, out);
                for (int64_t d = 0; d < width; ++d) CHECK(std::isnan(out[d]) == (d < group * size));
            }
        }
    }
}

TEST_CASE("AdamW agrees with the naive table over ten steps") {
    const Kernels& oracle = naive_kernels();
    for (const Kernels* table : all_tables()) {
        for (const int64_t n : kSizes) {
            CAPTURE(table->name);
            CAPTURE(n);
            Guarded p = guarded_numbers(n, "p");
            Guarded m(n);
            Guarded v(n);
            Guarded p_oracle = p;
            Guarded m_oracle = m;
            Guarded v_oracle = v;
            for (int step = 1; step <= 10; ++step) {
                Guarded g = guarded_numbers(n, "g" + std::to_string(step));
                const float correct1 = 1 - std::pow(0.9f, static_cast<float>(step));
                const float correct2 = 1 - std::pow(0.95f, static_cast<float>(step));
                table->adamw(n, p.data(), g.data(), m.data(), v.data(), 0.5f, 1e-2f, 0.9f, 0.95f,
                             1e-8f, 0.1f, correct1, correct2);
                oracle.adamw(n, p_oracle.data(), g.data(), m_oracle.data(), v_oracle.data(), 0.5f,
                             1e-2f, 0.9f, 0.95f, 1e-8f, 0.1f, correct1, correct2);
            }
            CHECK(difference(p, p_oracle) < 2e-6);
            CHECK(difference(m, m_oracle) < 1e-6);
            CHECK(difference(v, v_oracle) < 1e-6);
        }
    }
}

TEST_CASE("AdamW's first step moves each weight by the rate against the gradient's sign") {
    for (const Kernels* table : all_tables()) {
        float p[2] = {1, 1};
        const float g[2] = {4, -0.5f};
        float m[2] = {};
        float v[2] = {};
        table->adamw(2, p, g, m, v, 1, 0.01f, 0.9f, 0.95f, 1e-8f, 0, 1 - 0.9f, 1 - 0.95f);
        CHECK(std::fabs(p[0] - 0.99f) < 1e-5f);
        CHECK(std::fabs(p[1] - 1.01f) < 1e-5f);
    }
}

TEST_CASE("an instruction set that is unknown or not offered is refused in a sentence") {
    const std::string before = isa_name();
    CHECK_THROWS_AS(use_isa("mmx"), Error);
    try {
        use_isa("mmx");
    } catch (const Error& error) {
        CHECK(std::string(error.what()).find("QSTAR_ISA=mmx") == 0);
        CHECK(std::string(error.what()).find("scalar") != std::string::npos);
    }
    if (!cpu().avx512) CHECK_THROWS_AS(use_isa("avx512"), Error);
    if (!cpu().avx2) CHECK_THROWS_AS(use_isa("avx2"), Error);
    CHECK(isa_name() == before); // a refusal changes nothing

    use_isa("scalar");
    CHECK(std::string(kernels().name) == "scalar");
    CHECK_FALSE(gemm_is_openblas());
    use_isa(before.c_str());
}
