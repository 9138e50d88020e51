// One arithmetic: whatever the processor, a kernel's bytes are the scalar table's.
#include "engine/kernels/kernels.h"
#include "tests/engine/normal_numbers.h"
#include "tests/engine/tables.h"

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <functional>
#include <limits>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::engine;

namespace {

using Numbers = std::vector<float>;

// What a kernel wrote and returned, appended to one list.
using Run = std::function<void(const Kernels& table, int64_t n, Numbers& out)>;

Numbers spread(int64_t n, const std::string& name, double deviation) {
    return normal_numbers(n, name, deviation);
}

void append(Numbers& to, const Numbers& from) { to.insert(to.end(), from.begin(), from.end()); }

struct Case {
    std::string name;
    Run run;
};

std::vector<Case> cases() {
    const auto x_of = [](int64_t n) {
        Numbers x = spread(n, "x", 4);
        if (n > 6) x[3] = -std::numeric_limits<float>::infinity(), x[5] = -100.5f, x[6] = 3e-40f;
        return x;
    };
    return {
        {"dot",
         [=](const Kernels& k, int64_t n, Numbers& out) {
             out.push_back(k.dot(n, spread(n, "x", 2).data(), spread(n, "y", 1).data()));
         }},
        {"sum", [=](const Kernels& k, int64_t n,
                    Numbers& out) { out.push_back(k.sum(n, spread(n, "x", 2).data())); }},
        {"add, mul, axpy, scale",
         [=](const Kernels& k, int64_t n, Numbers& out) {
             const Numbers x = spread(n, "x", 2), y = spread(n, "y", 1);
             Numbers z(x.size());
             k.add(n, x.data(), y.data(), z.data());
             append(out, z);
             k.mul(n, x.data(), y.data(), z.data());
             k.axpy(n, 0.37f, x.data(), z.data());
             k.scale(n, -1.7f, z.data());
             append(out, z);
         }},
        {"gelu and its gradient",
         [=](const Kernels& k, int64_t n, Numbers& out) {
             Numbers x = spread(n, "x", 6), dy = spread(n, "dy", 1), y(x.size());
             if (n > 2) x[0] = 1e30f, x[1] = -1e30f, x[2] = -13.4f;
             k.gelu(n, x.data(), y.data());
             append(out, y);
             k.gelu_grad(n, x.data(), dy.data(), y.data(), false);
             k.gelu_grad(n, x.data(), y.data(), dy.data(), true);
             append(out, dy);
         }},
        {"softmax",
         [=](const Kernels& k, int64_t n, Numbers& out) {
             const Numbers x = x_of(n);
             Numbers y(x.size());
             out.push_back(k.softmax(n, x.data(), y.data()));
             append(out, y);
         }},
        {"exp",
         [=](const Kernels& k, int64_t n, Numbers& out) {
             Numbers x = spread(n, "x", 45), y(x.size());
             k.exp_shift(n, x.data(), 0.25f, y.data());
             append(out, y);
         }},
        {"online softmax and the gradient",
         [=](const Kernels& k, int64_t n, Numbers& out) {
             Numbers x = x_of(n), d = spread(n, "d", 1);
             float top = -1;
             const float sum = k.online_softmax(n, x.data(), 0.35f, &top);
             out.insert(out.end(), {sum, top});
             append(out, x);
             Numbers s = x_of(n);
             k.softmax_grad(n, s.data(), d.data(), 0.35f, top + std::log(sum), 0.2f);
             append(out, s);
             append(out, d);
         }},
        {"layer norm and its gradient",
         [=](const Kernels& k, int64_t n, Numbers& out) {
             const Numbers x = spread(n, "x", 3), gain = spread(n, "gain", 1),
                           bias = spread(n, "bias", 1), dy = spread(n, "dy", 1);
             Numbers y(x.size()), dx = y, dgain = bias, dbias = gain;
             float mean = 0, rstd = 0;
             k.layer_norm(n, x.data(), gain.data(), bias.data(), 1e-5f, y.data(), &mean, &rstd);
             append(out, y);
             for (const bool add : {false, true})
                 k.layer_norm_grad(n, x.data(), gain.data(), dy.data(), mean, rstd, dx.data(), add,
                                   dgain.data(), dbias.data());
             out.insert(out.end(), {mean, rstd});
             for (const Numbers& list : {dx, dgain, dbias}) append(out, list);
         }},
        {"RMS norm, SwiGLU, rotation and their gradients",
         [=](const Kernels& k, int64_t n, Numbers& out) {
             const Numbers x = spread(n, "x", 3), gain = spread(n, "gain", 1),
                           dy = spread(n, "dy", 1), turn = spread(2 * n, "turn", 1),
                           pair = spread(2 * n, "pair", 1);
             Numbers y(x.size()), dx = y, dgain = gain, dgate = y, dup = y, turned(pair.size());
             float rstd = 0;
             k.rms_norm(n, x.data(), gain.data(), 1e-6f, y.data(), &rstd);
             append(out, y);
             k.swiglu(n, x.data(), gain.data(), y.data());
             append(out, y);
             for (const bool add : {false, true}) {
                 k.rms_norm_grad(n, x.data(), gain.data(), dy.data(), rstd, dx.data(), add,
                                 dgain.data());
                 k.swiglu_grad(n, x.data(), gain.data(), dy.data(), dgate.data(), add, dup.data(),
                               add);
                 k.rotate(n, pair.data(), turn.data(), add, turned.data(), add);
             }
             out.push_back(rstd);
             for (const Numbers& list : {dx, dgain, dgate, dup, turned}) append(out, list);
         }},
        {"AdamW",
         [=](const Kernels& k, int64_t n, Numbers& out) {
             Numbers p = spread(n, "p", 1), m(p.size()), v(p.size());
             for (int step = 1; step <= 3; ++step) {
                 const Numbers g = spread(n, "g" + std::to_string(step), 2);
                 k.adamw(n, p.data(), g.data(), m.data(), v.data(), 0.5f, 1e-2f, 0.9f, 0.95f, 1e-8f,
                         0.1f, 0.271f, 0.1426f);
             }
             for (const Numbers& list : {p, m, v}) append(out, list);
         }},
        {"attention over pages",
         [=](const Kernels& k, int64_t n, Numbers& out) {
             for (const int64_t size : {3, 8, 16, 32, 40, 64, 72}) {
                 const int64_t heads = 4, group = 2, width = heads * size;
                 const int64_t count = (n + kPagePositions - 1) / kPagePositions;
                 const int64_t keys = width / group * kPagePositions, page = 2 * keys;
                 const Numbers cache = spread(count * page, "cache", 1), q = spread(width, "q", 2);
                 std::vector<const float*> pages;
                 for (int64_t p = 0; p < count; ++p) pages.push_back(cache.data() + p * page);
                 Numbers scores(static_cast<size_t>(heads * count * kPagePositions));
                 Numbers y(static_cast<size_t>(width));
                 k.attend_pages(n, heads, group, size, pages.data(), 0, keys, q.data(), 0.3f,
                                scores.data(), y.data());
                 append(out, y);
             }
         }},
        {"products",
         [=](const Kernels& k, int64_t n, Numbers& out) {
             for (const int64_t rows : {1, 5, 14, 30}) {
                 const Numbers a = spread(rows * n, "a", 1), b = spread(n * n, "b", 1);
                 Numbers c(static_cast<size_t>(rows * n));
                 k.tile(rows, n, n, a.data(), n, 1, b.data(), n, c.data(), n, false);
                 append(out, c);
             }
         }},
    };
}

} // namespace

TEST_CASE("one arithmetic: every table gives the scalar table's bytes") {
    CHECK(cases().size() == 12);
    for (const Case& each : cases()) {
        for (const int64_t n :
             {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 100, 129, 257}) {
            Numbers expected;
            each.run(scalar_kernels(), n, expected);
            for (const Kernels* table : vector_tables()) {
                CAPTURE(each.name);
                CAPTURE(table->name);
                CAPTURE(n);
                Numbers ours;
                each.run(*table, n, ours);
                REQUIRE(ours.size() == expected.size());
                size_t differ = 0;
                for (size_t i = 0; i < ours.size(); ++i)
                    differ += std::memcmp(&ours[i], &expected[i], sizeof(float)) != 0;
                CHECK(differ == 0);
            }
        }
    }
}
