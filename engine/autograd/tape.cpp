#include "engine/autograd/tape.h"

#include "engine/base/error.h"

#include <algorithm>
#include <iterator>

namespace qstar::engine {

namespace {
constexpr auto kGone = "a value was given back by backward(): keep() it on the tape before";
}

Tensor Tape::allocate(Shape shape) {
    return Tensor::view(shape, arena_.allocate(shape.size()), device_);
}

void Tape::release(Tensor& tensor) {
    if (!tensor.empty()) arena_.release(tensor.data(), tensor.size());
    tensor = Tensor();
}

const Tensor& Tape::value(Var v) const {
    device_.finish();
    const Tensor& value = nodes_[static_cast<size_t>(v.id)].value;
    if (value.empty()) fail(kGone);
    return value;
}

const Tensor& Tape::grad(Var v) const {
    device_.finish();
    return nodes_[static_cast<size_t>(v.id)].grad;
}

const Tensor& operand(Tape& tape, Var v) {
    const Tensor& value = tape.node(v.id).value;
    if (value.empty()) fail(kGone);
    return value;
}

Node& Tape::push(Op op, std::initializer_list<Var> inputs, Shape shape) {
    if (used_ == nodes_.size()) nodes_.emplace_back();
    Node& n = nodes_[used_++];
    // The vectors keep their capacity from the node that stood here in the last step.
    n.op = op;
    n.grad = Tensor();
    n.saved[0] = n.saved[1] = Tensor();
    n.parameter = nullptr;
    n.needs_grad = false;
    n.kept = false;
    n.read = false;
    n.index.clear();
    n.weight.clear();
    int i = 0;
    std::fill(std::begin(n.input), std::end(n.input), -1);
    for (const Var input : inputs) {
        n.input[i++] = input.id;
        if (input.id >= 0 && record_ && nodes_[static_cast<size_t>(input.id)].needs_grad) {
            n.needs_grad = true;
        }
    }
    if (n.needs_grad)
        for (const Var input : inputs)
            if (input.id >= 0) nodes_[static_cast<size_t>(input.id)].read = true;
    if (op != Op::leaf) n.value = allocate(shape);
    return n;
}

const Tensor& Tape::usable(const Tensor& value) const {
    if (&value.device() != &device_ && !value.device().is_host()) {
        fail("a tensor on {} cannot be used by a tape that computes on {}", value.device().name(),
             device_.name());
    }
    return value;
}

Var Tape::leaf(Parameter& parameter) {
    Node& n = push(Op::leaf, {}, {});
    n.value = usable(parameter.value);
    n.parameter = &parameter;
    n.needs_grad = record_ && !parameter.frozen;
    if (!n.needs_grad) return last();
    Tensor& grad = adds_to_replica_grad ? parameter.replica_grad : parameter.grad;
    if (grad.empty()) grad = Tensor::zeros(parameter.value.shape(), device_);
    n.grad = grad;
    return last();
}

Var Tape::constant(const Tensor& value) {
    push(Op::leaf, {}, {}).value = usable(value);
    return last();
}

Var Tape::variable(const Tensor& value) {
    Node& n = push(Op::leaf, {}, {});
    n.value = usable(value);
    n.needs_grad = record_;
    return last();
}

void Tape::backward(Var loss) {
    Node& end = node(loss.id);
    if (end.value.size() != 1) {
        fail("backward() starts from a single number, found a tensor of shape {}",
             end.value.shape().text());
    }
    if (!end.needs_grad) fail("backward(): the loss depends on nothing that has a gradient");
    end.grad = allocate(end.value.shape());
    device_.fill(1, 1.0f, end.grad.data());
    for (int id = loss.id; id >= 0; --id) {
        Node& n = node(id);
        if (n.op == Op::leaf || !n.needs_grad || n.grad.empty()) continue;
        propagate(*this, id);
        release(n.saved[0]);
        release(n.saved[1]);
        if (n.kept) continue;
        release(n.grad);
        if (n.value.size() > 1) release(n.value); // losses stay for the log
    }
}

void Tape::drop(Var v) {
    Node& n = node(v.id);
    if (n.op == Op::leaf || n.value.empty()) return;
    const Shape shape = n.value.shape();
    release(n.value);
    n.value = Tensor::view(shape, nullptr, device_); // gradients have its shape
}

void Tape::drop_unread(Var first, Var end) {
    for (int id = first.id; id < end.id; ++id) {
        Node& n = node(id);
        if (n.needs_grad || n.read || n.kept) continue;
        drop({id});
        release(n.saved[0]);
        release(n.saved[1]);
    }
}

Tape& Tape::second_tape() {
    if (!second_) second_ = std::make_unique<Tape>(record_, device_);
    second_->precision = precision;
    return *second_;
}

void Tape::reset() {
    used_ = 0;
    arena_.reset();
}

NoGrad::NoGrad(Tape& tape) : tape_(tape), record_(tape.record_), precision_(tape.precision) {
    tape.reset();
    tape.record_ = false;
    tape.precision = Precision::fp32;
}

NoGrad::~NoGrad() {
    tape_.reset();
    tape_.record_ = record_;
    tape_.precision = precision_;
}

} // namespace qstar::engine
