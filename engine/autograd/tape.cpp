#include "engine/autograd/tape.h"

#include "engine/base/error.h"
#include "engine/device/device.h"

namespace qstar::engine {

namespace {
constexpr auto kGone = "a value was given back by backward(): keep() it on the tape before";
}

Tensor Tape::allocate(Shape shape) { return Tensor::view(shape, arena_.allocate(shape.size())); }

void Tape::release(Tensor& tensor) {
    if (!tensor.empty()) arena_.release(tensor.data(), tensor.size());
    tensor = Tensor();
}

const Tensor& Tape::value(Var v) const {
    device().finish(); // the host is going to read it
    const Tensor& value = nodes_[static_cast<size_t>(v.id)].value;
    if (value.empty()) fail(kGone);
    return value;
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
    n.index.clear();
    n.weight.clear();
    int i = 0;
    n.input[0] = n.input[1] = n.input[2] = -1;
    for (const Var input : inputs) {
        n.input[i++] = input.id;
        if (input.id >= 0 && record_ && nodes_[static_cast<size_t>(input.id)].needs_grad) {
            n.needs_grad = true;
        }
    }
    if (op != Op::leaf) n.value = allocate(shape);
    return n;
}

Var Tape::leaf(Parameter& parameter) {
    Node& n = push(Op::leaf, {}, {});
    n.value = parameter.value;
    n.parameter = &parameter;
    n.needs_grad = record_;
    if (!record_) return last();
    Tensor& grad = beside ? parameter.grad_beside : parameter.grad;
    if (grad.empty()) grad = Tensor::zeros(parameter.value.shape());
    n.grad = grad;
    return last();
}

Var Tape::constant(const Tensor& value) {
    push(Op::leaf, {}, {}).value = value;
    return last();
}

Var Tape::variable(const Tensor& value) {
    Node& n = push(Op::leaf, {}, {});
    n.value = value;
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
    device().fill(1, 1.0f, end.grad.data());
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

Tape& Tape::companion() {
    if (!companion_) companion_ = std::make_unique<Tape>(record_);
    companion_->precision = precision;
    return *companion_;
}

void Tape::reset() {
    used_ = 0;
    arena_.reset();
}

NotRecording::NotRecording(Tape& tape)
    : tape_(tape), record_(tape.record_), precision_(tape.precision) {
    tape.reset();
    tape.record_ = false;
    tape.precision = Precision::fp32;
}

NotRecording::~NotRecording() {
    tape_.reset();
    tape_.record_ = record_;
    tape_.precision = precision_;
}

} // namespace qstar::engine
