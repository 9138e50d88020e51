#include "engine/nn/mlp.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/device/device.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/kernels.h"
#include "engine/nn/mlp_config.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <memory>

namespace qstar::engine {

namespace {

constexpr float kMlpEpsilon = 1e-5f;   // of layer norm
constexpr int64_t kFewestMlpRows = 32; // of a thread: all weights pass for them

// Where a block's parameters stand, after in.weight and in.bias.
enum MlpBlock { norm, norm_bias, fc, fc_bias, proj, proj_bias, per_mlp_block };
constexpr size_t kFirst = 2;

size_t at(int64_t block, MlpBlock which) {
    return kFirst + static_cast<size_t>(block) * per_mlp_block + which;
}
size_t last(const MlpConfig& c) { return at(c.blocks, norm); } // norm, bias, out, bias

} // namespace

Mlp::Mlp(const MlpConfig& config_, Random random) : config(config_) {
    check_sizes(config);
    const auto matrix = [&](const std::string& name, int64_t in, int64_t out, double gain) {
        Tensor t = Tensor::zeros({in, out});
        if (gain > 0) {
            const double spread = std::sqrt(gain / static_cast<double>(in));
            for (float& value : t.values()) value = static_cast<float>(spread * random.normal());
        }
        const bool hidden = name.starts_with("block.");
        parameters.push_back({.name = name, .value = t, .grad = {}, .parts = hidden ? 1 : 0});
    };
    const auto vector = [&](const std::string& name, int64_t size, float value) {
        parameters.push_back({name, Tensor::full({size}, value), {}});
    };
    const int64_t c = config.width;
    matrix("in.weight", config.inputs, c, 2);
    vector("in.bias", c, 0);
    for (int64_t block = 0; block < config.blocks; ++block) {
        const std::string b = fmt::format("block.{}.", block);
        vector(b + "norm.weight", c, 1);
        vector(b + "norm.bias", c, 0);
        matrix(b + "fc.weight", c, c, 2);
        vector(b + "fc.bias", c, 0);
        matrix(b + "proj.weight", c, c, 0);
        vector(b + "proj.bias", c, 0);
    }
    vector("norm.weight", c, 1);
    vector("norm.bias", c, 0);
    matrix("out.weight", c, config.outputs, 0);
    vector("out.bias", config.outputs, 0);
}

int64_t Mlp::parameter_count() const {
    int64_t count = 0;
    for (const Parameter& p : parameters) count += p.value.size();
    return count;
}

void Mlp::zero_grad() {
    for (Parameter& p : parameters)
        if (!p.grad.empty()) p.grad.device().fill(p.grad.size(), 0, p.grad.data());
}

Mlp Mlp::clone() const {
    Mlp copy(*this);
    for (Parameter& p : copy.parameters) {
        p.value = p.value.clone();
        p.grad = Tensor();
    }
    return copy;
}

Var forward(Tape& tape, Mlp& model, const Bags& features) {
    const auto leaf = [&](size_t i) { return tape.leaf(model.parameters[i]); };
    Var x = embedding_bag(tape, features, leaf(0), leaf(1));
    for (int64_t block = 0; block < model.config.blocks; ++block) {
        const auto p = [&](MlpBlock which) { return leaf(at(block, which)); };
        Var y = layer_norm(tape, x, p(norm), p(norm_bias), kMlpEpsilon);
        y = relu(tape, linear(tape, y, p(fc), p(fc_bias)));
        x = add(tape, x, linear(tape, y, p(proj), p(proj_bias)));
    }
    const size_t end = last(model.config);
    x = layer_norm(tape, x, leaf(end), leaf(end + 1), kMlpEpsilon);
    return linear(tape, x, leaf(end + 2), leaf(end + 3));
}

namespace {

Bags part_of(const Bags& bags, int64_t from, int64_t rows) {
    const auto first = bags.first.begin() + from;
    Bags part;
    part.on.assign(bags.on.begin() + first[0], bags.on.begin() + first[rows]);
    for (int64_t r = 1; r <= rows; ++r) part.first.push_back(first[r] - first[0]);
    return part;
}

// The same where the weights lie on another device, on a tape that a thread keeps for it.
void evaluate_there(const Mlp& model, const Bags& features, float* out, Precision precision) {
    const Device& device = model.parameters[0].value.device();
    thread_local std::unique_ptr<Tape> kept;
    if (!kept || &kept->device() != &device) kept = std::make_unique<Tape>(false, device);
    Tape& tape = *kept;
    tape.precision = precision;
    const MlpConfig& c = model.config;
    Mlp handles(model); // to the same numbers
    const int64_t most = std::max<int64_t>(kMlpRows, device.widest_activation() / (4 * c.width));
    for (int64_t from = 0; from < features.rows(); from += most) {
        const int64_t m = std::min(most, features.rows() - from);
        tape.reset();
        const Tensor y = tape.value(forward(tape, handles, part_of(features, from, m)));
        device.download(y.size(), y.data(), out + from * c.outputs);
    }
}

// Rows [from, from + m), by the thread that calls. The order of sums is the tape's: one chain of
// multiply-adds, then the bias; then x + y.
void evaluate_here(const Mlp& model, const Bags& features, int64_t from, int64_t m, float* out,
                   Precision precision) {
    const MlpConfig& c = model.config;
    const Kernels& kernel = kernels();
    thread_local std::vector<float> memory;
    const int64_t size = m * c.width;
    memory.resize(std::max(memory.size(), static_cast<size_t>(3 * size)));
    float *const x = memory.data(), *const y = x + size, *const z = y + size;
    const auto p = [&](size_t i) { return model.parameters[i].value.data(); };
    const auto product = [&](int64_t n, const float* a, size_t weight, float* to) {
        gemm({.m = m,
              .n = n,
              .k = c.width,
              .a = a,
              .lda = c.width,
              .b = p(weight),
              .ldb = n,
              .c = to,
              .ldc = n,
              .bias = p(weight + 1)},
             precision);
    };
    const auto normalise = [&](size_t gain) {
        float mean = 0, rstd = 0;
        for (int64_t r = 0; r < m; ++r)
            kernel.layer_norm(c.width, x + r * c.width, p(gain), p(gain + 1), kMlpEpsilon,
                              y + r * c.width, &mean, &rstd);
    };
    cpu_device().sum_lists(m, c.width, features.first.data() + from, features.on.data(), p(0),
                           c.inputs, {.data = x, .fresh = true});
    for (int64_t r = 0; r < m; ++r) kernel.add(c.width, x + r * c.width, p(1), x + r * c.width);
    for (int64_t block = 0; block < c.blocks; ++block) {
        normalise(at(block, norm));
        product(c.width, y, at(block, fc), z);
        for (int64_t i = 0; i < size; ++i) z[i] = std::max(0.0f, z[i]);
        product(c.width, z, at(block, proj), y);
        kernel.add(size, x, y, x);
    }
    normalise(last(c));
    product(c.outputs, y, last(c) + 2, out);
}

} // namespace

// Each thread takes some rows through all layers, while they lie in the caches of its core.
void evaluate(const Mlp& model, const Bags& features, float* out, Precision precision) {
    if (!model.parameters[0].value.device().is_host())
        return evaluate_there(model, features, out, precision);
    const int64_t rows = features.rows();
    const int64_t share = (rows + threads() - 1) / threads();
    parallel_for(rows, std::clamp(share, kFewestMlpRows, kMlpRows), [&](int64_t from, int64_t end) {
        evaluate_here(model, features, from, end - from, out + from * model.config.outputs,
                      precision);
    });
}

} // namespace qstar::engine
