#pragma once
// Reverse-mode automatic differentiation by a tape (Wengert 1964; Baydin et al.,
// "Automatic Differentiation in Machine Learning: a Survey", 2018).
//
// Every operation of ops.h appends one Node. backward() walks the nodes once, from
// the last to the first, and lets gradients.cpp add each node's gradient to its
// inputs'; no recursion. What a node has kept is given back as soon as its gradient has
// been handed on, and is where the gradients that follow find room: training needs
// little more memory than the values of the forward pass. reset() forgets the nodes and
// keeps the memory: after the first step of training nothing is allocated any more.
//
// One tape is used by one thread at a time; operations use threads inside.

#include "engine/device/arena.h"
#include "engine/kernels/bf16.h"
#include "engine/tensor/tensor.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace qstar::engine {

// A trainable tensor: lives longer than the tape, its gradient is added up over
// backward() calls until someone sets it to zero.
struct Parameter {
    std::string name;
    Tensor value;
    Tensor grad;
    Tensor replica_grad = {}; // of tapes that add there, until somebody adds it to `grad`
    // Of a hidden matrix: blocks of columns that Muon makes orthogonal each on its own. 0: AdamW's
    // in any case.
    int parts = 0;
    bool out_in = false; // the matrix is stored (out, in), not (in, out)
    bool frozen = false; // has no gradient and stays as it is
    // Where the matrix's adapter stands in its model's list (nn/lora.h): A, then B; 0: it has none.
    int adapter = 0;
};

enum class Op {
    leaf,
    linear,               // y = x W + b
    matmul,               // y = a op(b)
    add,                  // y = a + b
    sub,                  // y = a - b
    mul,                  // y = a * b, elementwise
    minimum,              // y = min(a, b), elementwise
    scale,                // y = c a
    shift,                // y = a + c
    exp,                  // y = exp(a)
    log,                  // y = log(a)
    sigmoid,              // y = 1 / (1 + exp(-a))
    softplus,             // y = log(1 + exp(a))
    tanh,                 // y = tanh(a)
    relu,                 // y = max(0, a)
    clamp,                // y = min(max(a, low), high)
    sum,                  // y = sum of all elements
    gelu,                 // y = GELU(a), tanh form
    layer_norm,           // rows
    embedding,            // y[r] = table[token[r]] (+ position[r mod T])
    embedding_bag,        // y[r] = sum over on in bag r of table[on], + bias
    attention,            // causal, fused
    rms_norm,             // groups of a row
    rotary,               // queries and keys turned by their positions, with the values
    swiglu,               // y = a sigmoid(a) b
    cross_entropy,        // weighted mean of -log softmax(logits)[target]
    log_prob,             // y[r] = log softmax(logits[r])[target[r]]
    entropy,              // y[r] = entropy of softmax(logits[r])
    binary_cross_entropy, // weighted mean over logits
    gather_rows,          // y[i] = a[row[i]]
};

// The number of a node on its tape.
struct Var {
    int id = -1;
};

struct Node {
    Op op = Op::leaf;
    int input[4] = {-1, -1, -1, -1};
    Tensor value;
    Tensor grad;                    // empty until the first gradient arrives
    Tensor saved[2];                // what forward keeps for backward
    Parameter* parameter = nullptr; // for leaves that are trained
    bool needs_grad = false;
    bool kept = false; // by keep()
    bool read = false; // by the gradient of a node that has it as input
    float constant[2] = {0, 0};
    int64_t attribute[3] = {0, 0, 0}; // batch, time, heads; transposition
    std::vector<int> index;           // tokens, targets, rows
    std::vector<float> weight;        // of rows
};

class Tape {
  public:
    // Computes on `device`. With `record` off, nothing is kept for backward (inference).
    explicit Tape(bool record = true, const Device& device = engine::device())
        : device_(device), record_(record), arena_(device) {}
    Tape(const Tape&) = delete;
    Tape& operator=(const Tape&) = delete;

    // Of the products of linear and matmul, forward and backward; all else is fp32.
    Precision precision = Precision::fp32;

    // Their tensors lie on the tape's device or on the processor; Error for another device's.
    Var leaf(Parameter& parameter);    // a trained tensor, or a frozen one, as a constant
    Var constant(const Tensor& value); // a tensor without a gradient
    Var variable(const Tensor& value); // a tensor whose gradient is wanted: grad(var)

    // For the host, which may read them: both wait until the device has computed what was asked
    // of it so far.
    const Tensor& value(Var v) const; // Error if backward() has given it back
    const Tensor& grad(Var v) const;  // empty where there is none

    // Gradients of the scalar `loss` (one element) with respect to everything. Afterwards
    // the values and gradients of leaves can be read, values of one element, what was
    // kept, and what the loss does not depend on.
    void backward(Var loss);
    void keep(Var v) { node(v.id).kept = true; } // value and gradient outlive backward()
    // The value of `v` is given back: no operation and no gradient may read it any more, as that of
    // add() reads none of its operands.
    void drop(Var v);
    // The same of all values from `first` up to, without it, `end`, but for leaves and what
    // gradients will read. What nothing trained lies below thus takes no memory.
    void drop_unread(Var first, Var end);
    // Forgets all nodes, keeps the memory.
    void reset();

    // A second tape on the same device and with the same precision, for what another thread does
    // meanwhile. Made when it is first asked for, and kept.
    Tape& second_tape();
    // Gradients of parameters are added up in their replica_grad.
    bool adds_to_replica_grad = false;
    std::vector<std::vector<Tensor>> spare_grads; // of nn/gradient_tree.cpp, kept for the next step
    // The numbers that a step will have in memory at once, before the first step.
    void plan(int64_t numbers) { arena_.plan(numbers); }

    // --- for ops.cpp and gradients.cpp -----------------------------------------
    Node& node(int id) { return nodes_[static_cast<size_t>(id)]; }
    Node& push(Op op, std::initializer_list<Var> inputs, Shape shape); // value uninitialised
    Var last() const { return {static_cast<int>(used_) - 1}; }
    Tensor allocate(Shape shape); // uninitialised, lives until release() or reset()
    void release(Tensor& tensor); // that was allocated here, or an empty one
    bool recording() const { return record_; }
    const Device& device() const { return device_; }
    size_t arena_bytes() const { return arena_.reserved_bytes(); }
    size_t peak_bytes() const { return arena_.peak_bytes(); }

  private:
    friend class NoGrad;
    const Tensor& usable(const Tensor& value) const; // Error if it lies on another device

    const Device& device_;
    bool record_;
    std::unique_ptr<Tape> second_;
    size_t used_ = 0;
    std::vector<Node> nodes_; // recycled: the first used_ are live
    Arena arena_;
};

// While it lives, the tape records nothing and computes in fp32: a look at a loss within the
// memory of a training. What stood on the tape before is forgotten.
class NoGrad {
  public:
    explicit NoGrad(Tape& tape);
    ~NoGrad();
    NoGrad(const NoGrad&) = delete;
    NoGrad& operator=(const NoGrad&) = delete;

  private:
    Tape& tape_;
    bool record_;
    Precision precision_;
};

// Adds the gradient of node `id` to the gradients of its inputs (gradients.cpp).
void propagate(Tape& tape, int id);

// The value for the device: unlike Tape::value() it does not wait. Error if backward() has
// given it back.
const Tensor& operand(Tape& tape, Var v);

} // namespace qstar::engine
