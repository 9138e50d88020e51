#include "engine/autograd/check_cases.h"

#include "engine/autograd/ops.h"
#include "engine/base/elementary.h"
#include "engine/base/random.h"

#include <algorithm>
#include <cmath>

namespace qstar::engine {

using namespace formulas64;

namespace {

GradientCase each(const std::string& name, Var (*op)(Tape&, Var), double (*f)(double),
                  double low = -2, double high = 2) {
    return {name,
            {{3, 7}},
            [op](Tape& tape, const std::vector<Var>& in) { return op(tape, in[0]); },
            [f](const Inputs& in) {
                Values y;
                for (const double x : in[0]) y.push_back(f(x));
                return y;
            },
            low,
            high};
}

GradientCase both(const std::string& name, Var (*op)(Tape&, Var, Var),
                  double (*f)(double, double)) {
    return {name,
            {{3, 5}, {3, 5}},
            [op](Tape& tape, const std::vector<Var>& in) { return op(tape, in[0], in[1]); },
            [f](const Inputs& in) {
                Values y;
                for (size_t i = 0; i < in[0].size(); ++i) y.push_back(f(in[0][i], in[1][i]));
                return y;
            }};
}

} // namespace

std::vector<GradientCase> gradient_cases() {
    static const std::vector<int> tokens{2, 0, 4, 2, 2, 1}, targets{1, 0, 6, 3}, rows{2, 0, 2};
    static const std::vector<float> weights{1.0f, 0.0f, 0.5f, 2.0f},
        labels{1.0f, 0.0f, 0.25f, 1.0f};
    using Vars = std::vector<Var>;
    std::vector<GradientCase> list;

    list.push_back({"linear",
                    {{5, 3}, {3, 4}, {4}},
                    [](Tape& t, const Vars& in) { return linear(t, in[0], in[1], in[2]); },
                    [](const Inputs& in) {
                        Values y = product(in[0], in[1], 5, 3, 4, false);
                        for (size_t i = 0; i < y.size(); ++i) y[i] += in[2][i % 4];
                        return y;
                    }});
    list.push_back({"linear and gelu",
                    {{5, 3}, {3, 4}, {4}},
                    [](Tape& t, const Vars& in) { return linear_gelu(t, in[0], in[1], in[2]); },
                    [](const Inputs& in) {
                        Values y = product(in[0], in[1], 5, 3, 4, false);
                        for (size_t i = 0; i < y.size(); ++i) y[i] = gelu64(y[i] + in[2][i % 4]);
                        return y;
                    }});
    list.push_back({"matmul",
                    {{5, 3}, {3, 4}},
                    [](Tape& t, const Vars& in) { return matmul(t, in[0], in[1]); },
                    [](const Inputs& in) { return product(in[0], in[1], 5, 3, 4, false); }});
    list.push_back({"matmul, b transposed",
                    {{5, 3}, {4, 3}},
                    [](Tape& t, const Vars& in) { return matmul(t, in[0], in[1], true); },
                    [](const Inputs& in) { return product(in[0], in[1], 5, 3, 4, true); }});
    list.push_back(
        {"LoRA: y + 2 (x A^T) B^T",
         {{5, 4}, {5, 3}, {2, 3}, {4, 2}},
         [](Tape& t, const Vars& in) { return add_low_rank(t, in[0], in[1], in[2], in[3], 2); },
         [](const Inputs& in) {
             Values y = in[0];
             const Values low = product(in[1], in[2], 5, 3, 2, true);
             const Values change = product(low, in[3], 5, 2, 4, true);
             for (size_t i = 0; i < y.size(); ++i) y[i] += 2 * change[i];
             return y;
         }});
    // The trunk is a constant: what is trained begins at the scalar head.
    static const Values trunk = [] {
        Values made;
        Random random(5, "trunk");
        for (int i = 0; i < 4 * 3; ++i) made.push_back(static_cast<float>(random.normal()));
        return made;
    }();
    list.push_back({"scalar head alone",
                    {{3, 1}, {1}},
                    [](Tape& t, const Vars& in) {
                        const std::vector<float> narrow(trunk.begin(), trunk.end());
                        const Var below = t.constant(Tensor::from({4, 3}, narrow));
                        const Var state = tanh(t, below);
                        const Var after = tanh(t, state);
                        t.drop_unread(below, after);
                        const Var score = linear(t, after, in[0], in[1]);
                        return binary_cross_entropy(t, score, labels, weights);
                    },
                    [](const Inputs& in) {
                        double loss = 0, w = 0;
                        for (size_t r = 0; r < 4; ++r) {
                            double score = in[1][0];
                            for (size_t c = 0; c < 3; ++c)
                                score += math::tanh(math::tanh(trunk[r * 3 + c])) * in[0][c];
                            const double p = math::sigmoid(score);
                            loss -= weights[r] *
                                    (labels[r] * math::log(p) + (1 - labels[r]) * math::log(1 - p));
                            w += weights[r];
                        }
                        return Values{loss / w};
                    }});
    list.push_back({"matmul with a bias",
                    {{5, 3}, {4, 3}, {4}},
                    [](Tape& t, const Vars& in) { return matmul(t, in[0], in[1], true, in[2]); },
                    [](const Inputs& in) {
                        Values y = product(in[0], in[1], 5, 3, 4, true);
                        for (size_t i = 0; i < y.size(); ++i) y[i] += in[2][i % 4];
                        return y;
                    }});
    list.push_back(both("add", add, [](double a, double b) { return a + b; }));
    list.push_back(both("sub", sub, [](double a, double b) { return a - b; }));
    list.push_back(both("mul", mul, [](double a, double b) { return a * b; }));
    list.push_back(both("minimum", minimum, [](double a, double b) { return std::min(a, b); }));
    list.push_back({"scale",
                    {{3, 7}},
                    [](Tape& t, const Vars& in) { return scale(t, in[0], -1.5f); },
                    [](const Inputs& in) {
                        Values y;
                        for (const double x : in[0]) y.push_back(-1.5 * x);
                        return y;
                    }});
    list.push_back({"shift",
                    {{3, 7}},
                    [](Tape& t, const Vars& in) { return shift(t, in[0], 0.75f); },
                    [](const Inputs& in) {
                        Values y;
                        for (const double x : in[0]) y.push_back(x + 0.75);
                        return y;
                    }});
    list.push_back(each("exp", exp, [](double x) { return math::exp(x); }));
    list.push_back(each(
        "log", log, [](double x) { return math::log(x); }, 0.3, 3));
    list.push_back(each("sigmoid", sigmoid, math::sigmoid));
    list.push_back(each("softplus", softplus, [](double x) { return math::softplus(x); }));
    list.push_back(each("tanh", tanh, [](double x) { return math::tanh(x); }));
    list.push_back(each("relu", relu, [](double x) { return std::max(0.0, x); }));
    list.push_back(
        {"clamp",
         {{3, 7}},
         [](Tape& t, const Vars& in) { return clamp(t, in[0], -0.8f, 1.1f); },
         [](const Inputs& in) {
             Values y;
             for (const double x : in[0]) {
                 y.push_back(std::clamp(x, static_cast<double>(-0.8f), static_cast<double>(1.1f)));
             }
             return y;
         }});
    list.push_back(each("gelu", gelu, gelu64, -4, 4));
    const auto total = [](const Inputs& in) {
        double s = 0;
        for (const double x : in[0]) s += x;
        return s;
    };
    list.push_back({"sum",
                    {{3, 7}},
                    [](Tape& t, const Vars& in) { return sum(t, in[0]); },
                    [=](const Inputs& in) { return Values{total(in)}; }});
    list.push_back({"mean",
                    {{3, 7}},
                    [](Tape& t, const Vars& in) { return mean(t, in[0]); },
                    [=](const Inputs& in) { return Values{total(in) / 21}; }});
    list.push_back(
        {"layer_norm",
         {{4, 9}, {9}, {9}},
         [](Tape& t, const Vars& in) { return layer_norm(t, in[0], in[1], in[2], 1e-5f); },
         layer_norm64});
    static const Bags bags{{0, 2, 2, 5, 6}, {0, 3, 1, 2, 3, 4}}; // the second is empty
    list.push_back({"embedding_bag",
                    {{5, 3}, {3}},
                    [](Tape& t, const Vars& in) { return embedding_bag(t, bags, in[0], in[1]); },
                    [](const Inputs& in) {
                        Values y;
                        for (size_t r = 0; r + 1 < bags.first.size(); ++r) {
                            for (size_t c = 0; c < 3; ++c) {
                                double sum = in[1][c];
                                for (int j = bags.first[r]; j < bags.first[r + 1]; ++j) {
                                    const int row = bags.on[static_cast<size_t>(j)];
                                    sum += in[0][static_cast<size_t>(row) * 3 + c];
                                }
                                y.push_back(sum);
                            }
                        }
                        return y;
                    }});
    list.push_back({"embedding",
                    {{5, 3}, {4, 3}},
                    [](Tape& t, const Vars& in) { return embedding(t, tokens, in[0], in[1], 3); },
                    [](const Inputs& in) {
                        Values y;
                        for (size_t r = 0; r < tokens.size(); ++r) {
                            for (size_t c = 0; c < 3; ++c) {
                                y.push_back(in[0][static_cast<size_t>(tokens[r]) * 3 + c] +
                                            in[1][r % 3 * 3 + c]);
                            }
                        }
                        return y;
                    }});
    list.push_back({"rms_norm",
                    {{4, 9}, {9}},
                    [](Tape& t, const Vars& in) { return rms_norm(t, in[0], in[1], 1e-6f); },
                    [](const Inputs& in) { return rms_norm64(in[0], in[1]); }});
    list.push_back({"rms_norm of heads",
                    {{4, 12}, {4}},
                    [](Tape& t, const Vars& in) { return rms_norm(t, in[0], in[1], 1e-6f); },
                    [](const Inputs& in) { return rms_norm64(in[0], in[1]); }});
    list.push_back({"swiglu",
                    {{3, 7}, {3, 7}},
                    [](Tape& t, const Vars& in) { return swiglu(t, in[0], in[1]); },
                    [](const Inputs& in) {
                        Values y;
                        for (size_t i = 0; i < in[0].size(); ++i)
                            y.push_back(in[0][i] * math::sigmoid(in[0][i]) * in[1][i]);
                        return y;
                    }});
    // Two sequences of three positions, heads of four numbers: two of each, then three of queries.
    static const Values turns = [] {
        Values made;
        for (int t = 0; t < 3; ++t) {
            for (const double w : {1.0, 0.3}) made.push_back(math::cos(t * w));
            for (const double w : {1.0, 0.3}) made.push_back(math::sin(t * w));
        }
        return made;
    }();
    for (const int64_t heads : {2, 3}) {
        const int64_t keys = heads == 2 ? 8 : 4;
        list.push_back({heads == 2 ? "rotary" : "rotary, shared keys",
                        {{6, 4 * heads}, {6, keys}, {6, keys}},
                        [heads](Tape& t, const Vars& in) {
                            const std::vector<float> narrow(turns.begin(), turns.end());
                            const Var table = t.constant(Tensor::from({3, 4}, narrow));
                            return rotary(t, in[0], in[1], in[2], table, 3, heads);
                        },
                        [](const Inputs& in) { return rotary64(in, turns, 6, 4); }});
    }
    // More rows than one tile, so that tiles meet; two heads, two sequences.
    list.push_back({"attention",
                    {{2 * 35, 3 * 6}},
                    [](Tape& t, const Vars& in) { return attention(t, in[0], 2, 35, 2); },
                    [](const Inputs& in) { return attention64(in[0], 2, 35, 2, 2, 3); }});
    list.push_back({"attention, shared keys", // four heads to two, of one number
                    {{2 * 35, 8}},
                    [](Tape& t, const Vars& in) { return attention(t, in[0], 2, 35, 4, 2); },
                    [](const Inputs& in) { return attention64(in[0], 2, 35, 4, 2, 1); }});
    list.push_back(
        {"cross_entropy",
         {{4, 7}},
         [](Tape& t, const Vars& in) { return cross_entropy(t, in[0], targets, weights); },
         [](const Inputs& in) {
             double loss = 0, w = 0;
             for (size_t r = 0; r < 4; ++r) {
                 loss -= weights[r] *
                         log_softmax(in[0].data() + r * 7, 7)[static_cast<size_t>(targets[r])];
                 w += weights[r];
             }
             return Values{loss / w};
         }});
    list.push_back(
        {"log_prob",
         {{4, 7}},
         [](Tape& t, const Vars& in) { return log_prob(t, in[0], targets); },
         [](const Inputs& in) {
             Values y;
             for (size_t r = 0; r < 4; ++r) {
                 y.push_back(log_softmax(in[0].data() + r * 7, 7)[static_cast<size_t>(targets[r])]);
             }
             return y;
         }});
    list.push_back({"entropy",
                    {{4, 7}},
                    [](Tape& t, const Vars& in) { return entropy(t, in[0]); },
                    [](const Inputs& in) {
                        Values y;
                        for (size_t r = 0; r < 4; ++r) {
                            double h = 0;
                            for (const double l : log_softmax(in[0].data() + r * 7, 7)) {
                                h -= math::exp(l) * l;
                            }
                            y.push_back(h);
                        }
                        return y;
                    }});
    list.push_back(
        {"binary_cross_entropy",
         {{4, 1}},
         [](Tape& t, const Vars& in) { return binary_cross_entropy(t, in[0], labels, weights); },
         [](const Inputs& in) {
             double loss = 0, w = 0;
             for (size_t r = 0; r < 4; ++r) {
                 const double p = math::sigmoid(in[0][r]);
                 loss -=
                     weights[r] * (labels[r] * math::log(p) + (1 - labels[r]) * math::log(1 - p));
                 w += weights[r];
             }
             return Values{loss / w};
         }});
    list.push_back({"gather_rows",
                    {{4, 5}},
                    [](Tape& t, const Vars& in) { return gather_rows(t, in[0], rows); },
                    [](const Inputs& in) {
                        Values y;
                        for (const int r : rows) {
                            for (size_t c = 0; c < 5; ++c)
                                y.push_back(in[0][static_cast<size_t>(r) * 5 + c]);
                        }
                        return y;
                    }});
    return list;
}

} // namespace qstar::engine
