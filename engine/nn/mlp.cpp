#include "engine/nn/mlp.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/kernels.h"
#include "engine/nn/mlp_config.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace qstar::engine {

namespace {

constexpr float kMlpEpsilon = 1e-5f; // of layer norm

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
void evaluate_there(const Mlp& model, const Bags& features, float* out) {
    const Device& device = model.parameters[0].value.device();
    thread_local std::unique_ptr<Tape> kept;
    if (!kept || &kept->device() != &device) kept = std::make_unique<Tape>(false, device);
    Tape& tape = *kept;
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

} // namespace

void evaluate(const Mlp& model, const Bags& features, float* out) {
    if (!model.parameters[0].value.device().is_host()) return evaluate_there(model, features, out);
    const MlpConfig& c = model.config;
    const auto p = [&](size_t i) { return model.parameters[i].value.data(); };
    // The order of sums is the tape's: one chain of multiply-adds, then the bias; then x + y.
    const auto first_layer = [&](int64_t from, int64_t m, float* x) {
        cpu_device().sum_lists(m, c.width, features.first.data() + from, features.on.data(), p(0),
                               c.inputs, {x, true});
        parallel_for(m, 64, [&](int64_t begin, int64_t end) {
            for (int64_t r = begin; r < end; ++r)
                kernels().add(c.width, x + r * c.width, p(1), x + r * c.width);
        });
    };
    const auto product = [&](int64_t m, int64_t k, int64_t n, const float* a, size_t weight,
                             float* to) {
        gemm({.m = m,
              .n = n,
              .k = k,
              .a = a,
              .lda = k,
              .b = p(weight),
              .ldb = n,
              .c = to,
              .ldc = n,
              .bias = p(weight + 1)});
    };
    const auto normalise = [&](int64_t m, const float* x, size_t gain, float* y) {
        parallel_for(m, 64, [&](int64_t begin, int64_t end) {
            float mean = 0, rstd = 0;
            for (int64_t r = begin; r < end; ++r)
                kernels().layer_norm(c.width, x + r * c.width, p(gain), p(gain + 1), kMlpEpsilon,
                                     y + r * c.width, &mean, &rstd);
        });
    };
    const int64_t rows = features.rows();
    const auto size = static_cast<size_t>(std::min(rows, kMlpRows) * c.width);
    std::vector<float> x(size), y(size), z(size);
    for (int64_t from = 0; from < rows; from += kMlpRows) {
        const int64_t m = std::min(kMlpRows, rows - from);
        first_layer(from, m, x.data());
        for (int64_t block = 0; block < c.blocks; ++block) {
            normalise(m, x.data(), at(block, norm), y.data());
            product(m, c.width, c.width, y.data(), at(block, fc), z.data());
            for (int64_t i = 0; i < m * c.width; ++i)
                z[static_cast<size_t>(i)] = std::max(0.0f, z[static_cast<size_t>(i)]);
            product(m, c.width, c.width, z.data(), at(block, proj), y.data());
            kernels().add(m * c.width, x.data(), y.data(), x.data());
        }
        normalise(m, x.data(), last(c), y.data());
        product(m, c.width, c.outputs, y.data(), last(c) + 2, out + from * c.outputs);
    }
}

} // namespace qstar::engine
