// The operations that losses are made of, and the losses (forward; the gradients are in
// loss_gradients.cpp). All keep the probabilities for backward.

#include "engine/autograd/forward.h"
#include "engine/autograd/ops.h"
#include "engine/base/error.h"
#include "engine/base/sum.h"
#include "engine/device/device.h"

#include <span>

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
    const float* x = operand(tape, logits).data();
    Node& n = tape.push(Op::cross_entropy, {logits}, Shape{});
    n.index.assign(targets.begin(), targets.end());
    n.weight.assign(weights.begin(), weights.end());
    n.constant[0] = static_cast<float>(1.0 / total);
    n.saved[0] = tape.allocate({rows, classes}); // the probabilities
    n.saved[1] = tape.allocate({rows});          // the loss of each row
    tape.device().cross_entropy(rows, classes, x, n.index.data(), n.weight.data(), total,
                                n.saved[0].data(), n.saved[1].data(), n.value.data());
    return tape.last();
}

Var log_prob(Tape& tape, Var logits, std::span<const int> targets) {
    const Shape s = shape_of(tape, logits, "log_prob");
    check_targets("log_prob", targets, s);
    for (const int target : targets) check_target("log_prob", target, s.last());
    const float* x = operand(tape, logits).data();
    Node& n = tape.push(Op::log_prob, {logits}, {s.rows(), 1});
    n.index.assign(targets.begin(), targets.end());
    n.saved[0] = tape.allocate({s.rows(), s.last()});
    tape.device().log_prob(s.rows(), s.last(), x, n.index.data(), n.saved[0].data(),
                           n.value.data());
    return tape.last();
}

Var entropy(Tape& tape, Var logits) {
    const Shape s = shape_of(tape, logits, "entropy");
    const int64_t classes = s.last();
    const float* x = operand(tape, logits).data();
    Node& n = tape.push(Op::entropy, {logits}, {s.rows(), 1});
    n.saved[0] = tape.allocate({s.rows(), classes});
    n.saved[1] = tape.allocate({s.rows()});
    tape.device().entropy(s.rows(), classes, x, n.saved[0].data(), n.saved[1].data(),
                          n.value.data());
    return tape.last();
}

Var binary_cross_entropy(Tape& tape, Var logits, std::span<const float> labels,
                         std::span<const float> weights, double total) {
    const Shape s = shape_of(tape, logits, "binary_cross_entropy");
    if (static_cast<int64_t>(labels.size()) != s.size() || labels.size() != weights.size()) {
        fail("binary_cross_entropy: {} labels and {} weights for logits of shape {}", labels.size(),
             weights.size(), s.text());
    }
    if (total == 0) total = sum_of(weights);
    if (!(total > 0)) {
        fail("binary_cross_entropy: the weights sum to {}, nothing to learn from", total);
    }
    const float* x = operand(tape, logits).data();
    Node& n = tape.push(Op::binary_cross_entropy, {logits}, Shape{});
    n.weight.assign(weights.begin(), weights.end());
    n.constant[0] = static_cast<float>(1.0 / total);
    n.saved[0] = tape.allocate(s); // sigmoid(x) - label
    tape.device().binary_cross_entropy(s.size(), x, labels.data(), n.weight.data(), total,
                                       n.saved[0].data(), n.value.data());
    return tape.last();
}

} // namespace qstar::engine
