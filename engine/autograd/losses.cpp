// The operations that losses are made of, and the losses (forward; the gradients are in
// loss_gradients.cpp). All keep the probabilities for backward.

#include "engine/autograd/chunks.h"
#include "engine/autograd/forward.h"
#include "engine/autograd/ops.h"
#include "engine/error.h"
#include "engine/kernels/kernels.h"
#include "engine/parallel.h"

#include <algorithm>
#include <cmath>

namespace qstar::engine {

namespace {

void check_targets(const char* op, std::span<const int> targets, const Shape& shape) {
    if (static_cast<int64_t>(targets.size()) != shape.rows()) {
        fail("{}: {} targets for logits of shape {}", op, targets.size(), shape.text());
    }
}

void check_target(const char* op, int target, int64_t classes) {
    if (target < 0 || target >= classes) {
        fail("{}: target {} is outside the {} classes", op, target, classes);
    }
}

} // namespace

Var cross_entropy(Tape& tape, Var logits, std::span<const int> targets,
                  std::span<const float> weights, double total) {
    const Shape s = shape_of(tape, logits, "cross_entropy");
    const int64_t rows = s.rows(), classes = s.last();
    check_targets("cross_entropy", targets, s);
    if (weights.size() != targets.size()) {
        fail("cross_entropy: {} weights for {} targets", weights.size(), targets.size());
    }
    if (total == 0) total = sum_of(weights);
    if (!(total > 0)) fail("cross_entropy: the weights sum to {}, nothing to learn from", total);
    for (int64_t r = 0; r < rows; ++r) {
        if (weights[static_cast<size_t>(r)] != 0) {
            check_target("cross_entropy", targets[static_cast<size_t>(r)], classes);
        }
    }
    const float* x = tape.value(logits).data();
    Node& n = tape.push(Op::cross_entropy, {logits}, Shape{});
    n.index.assign(targets.begin(), targets.end());
    n.weight.assign(weights.begin(), weights.end());
    n.constant[0] = static_cast<float>(1.0 / total);
    n.saved[0] = tape.allocate({rows, classes}); // the probabilities
    n.saved[1] = tape.allocate({rows});          // the loss of each row
    parallel_for(rows, row_grain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            const auto i = static_cast<size_t>(r);
            n.saved[1][r] = 0;
            if (n.weight[i] == 0) continue;
            const float lse =
                kernels().softmax(classes, x + r * classes, n.saved[0].data() + r * classes);
            n.saved[1][r] = n.weight[i] * (lse - x[r * classes + n.index[i]]);
        }
    });
    n.value[0] = static_cast<float>(sum_of(n.saved[1].values()) / total);
    return tape.last();
}

Var log_prob(Tape& tape, Var logits, std::span<const int> targets) {
    const Shape s = shape_of(tape, logits, "log_prob");
    check_targets("log_prob", targets, s);
    for (const int target : targets) check_target("log_prob", target, s.last());
    const float* x = tape.value(logits).data();
    Node& n = tape.push(Op::log_prob, {logits}, {s.rows(), 1});
    n.index.assign(targets.begin(), targets.end());
    n.saved[0] = tape.allocate({s.rows(), s.last()});
    parallel_for(s.rows(), row_grain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            const float* row = x + r * s.last();
            const float lse = kernels().softmax(s.last(), row, n.saved[0].data() + r * s.last());
            n.value[r] = row[n.index[static_cast<size_t>(r)]] - lse;
        }
    });
    return tape.last();
}

Var entropy(Tape& tape, Var logits) {
    const Shape s = shape_of(tape, logits, "entropy");
    const int64_t classes = s.last();
    const float* x = tape.value(logits).data();
    Node& n = tape.push(Op::entropy, {logits}, {s.rows(), 1});
    n.saved[0] = tape.allocate({s.rows(), classes});
    n.saved[1] = tape.allocate({s.rows()});
    parallel_for(s.rows(), row_grain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            float* p = n.saved[0].data() + r * classes;
            const float lse = kernels().softmax(classes, x + r * classes, p);
            n.saved[1][r] = lse;
            n.value[r] = lse - kernels().dot(classes, p, x + r * classes);
        }
    });
    return tape.last();
}

Var binary_cross_entropy(Tape& tape, Var logits, std::span<const float> labels,
                         std::span<const float> weights) {
    const Shape s = shape_of(tape, logits, "binary_cross_entropy");
    if (static_cast<int64_t>(labels.size()) != s.size() || labels.size() != weights.size()) {
        fail("binary_cross_entropy: {} labels and {} weights for logits of shape {}", labels.size(),
             weights.size(), s.text());
    }
    const double total = sum_of(weights);
    if (!(total > 0)) {
        fail("binary_cross_entropy: the weights sum to {}, nothing to learn from", total);
    }
    const float* x = tape.value(logits).data();
    Node& n = tape.push(Op::binary_cross_entropy, {logits}, Shape{});
    n.weight.assign(weights.begin(), weights.end());
    n.constant[0] = static_cast<float>(1.0 / total);
    n.saved[0] = tape.allocate(s); // sigmoid(x) - label
    double loss = 0;
    for (int64_t r = 0; r < s.size(); ++r) {
        const float label = labels[static_cast<size_t>(r)];
        n.saved[0][r] = 1.0f / (1.0f + std::exp(-x[r])) - label;
        const float softplus_x = std::max(x[r], 0.0f) + std::log1p(std::exp(-std::abs(x[r])));
        loss += static_cast<double>(n.weight[static_cast<size_t>(r)]) * (softplus_x - label * x[r]);
    }
    n.value[0] = static_cast<float>(loss / total);
    return tape.last();
}

} // namespace qstar::engine
