#include "engine/nn/gradient_tree.h"

#include "engine/base/parallel.h"
#include "engine/base/ranks.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace qstar::engine {

namespace {

constexpr int64_t kMostLeaves = 64;
constexpr int64_t kMostNumbers = int64_t{1} << 26; // of a tree's gradients

int64_t levels_of(int64_t leaves) {
    int64_t levels = 0;
    for (; leaves > 1; leaves /= 2) ++levels;
    return levels;
}

// Some leaves and their rows.
struct Branch {
    int64_t first, rows, leaf, leaves;

    Branch left() const { return {first, (rows + 1) / 2, leaf, leaves / 2}; }
    Branch right() const {
        return {first + (rows + 1) / 2, rows / 2, leaf + leaves / 2, leaves / 2};
    }
};

// The node that one of so many ranks has for itself. There are not more ranks than leaves.
Branch node_of(Branch node, int rank, int ranks) {
    while (ranks > 1) {
        const int left = (ranks + 1) / 2;
        if (rank < left) {
            node = node.left(), ranks = left;
        } else {
            node = node.right(), rank -= left, ranks -= left;
        }
    }
    return node;
}

// The sum over the same tree of what these ranks have, in the first one's place.
void sum_of_nodes(std::span<float* const> parts, int64_t n) {
    if (parts.size() == 1) return;
    const size_t left = (parts.size() + 1) / 2;
    sum_of_nodes(parts.first(left), n);
    sum_of_nodes(parts.subspan(left), n);
    for (int64_t i = 0; i < n; ++i) parts[0][i] += parts[left][i];
}

// One thread's part of the work: a tape that adds up in the parameters' grad or replica_grad.
struct Walk {
    Tape& tape;
    std::span<Parameter> parameters;
    const GradientPart& part;
    std::span<double> shares; // of all leaves
    size_t numbers;

    Tensor& sum(Parameter& p) const { return tape.adds_to_replica_grad ? p.replica_grad : p.grad; }

    void clear() const {
        for (Parameter& p : parameters) {
            if (p.frozen) continue;
            Tensor& grad = sum(p);
            if (grad.empty())
                grad = Tensor::zeros(p.value.shape(), tape.device());
            else
                tape.device().fill(grad.size(), 0, grad.data());
        }
    }

    void add(const Branch& node, size_t depth) const {
        if (node.leaves == 1) {
            part(tape, node.first, node.rows,
                 shares.subspan(static_cast<size_t>(node.leaf) * numbers, numbers));
            return;
        }
        add(node.left(), depth + 1);
        if (tape.spare_grads.size() <= depth) tape.spare_grads.resize(depth + 1);
        std::vector<Tensor>& left = tape.spare_grads[depth];
        left.resize(parameters.size());
        for (size_t i = 0; i < left.size(); ++i) {
            if (!left[i].empty() && left[i].size() != parameters[i].value.size()) left[i] = {};
            std::swap(left[i], sum(parameters[i]));
        }
        clear();
        add(node.right(), depth + 1);
        for (size_t i = 0; i < left.size(); ++i) {
            if (parameters[i].frozen) continue;
            const Tensor& grad = sum(parameters[i]);
            tape.device().add_scaled(grad.size(), 1.0f, left[i].data(), {grad.data(), false});
        }
    }
};

// Both halves of a node, side by side where there are threads for it.
void add_node(const Walk& walk, const Branch& node) {
    if (node.leaves == 1 || threads() == 1) return walk.add(node, 0);
    Walk other{walk.tape.second_tape(), walk.parameters, walk.part, walk.shares, walk.numbers};
    other.tape.adds_to_replica_grad = true;
    other.clear();
    parallel_for(2, 1, [&](int64_t which, int64_t) {
        if (which == 0)
            walk.add(node.left(), 0);
        else
            other.add(node.right(), 0);
    });
    other.tape.adds_to_replica_grad = false;
    for (Parameter& p : walk.parameters)
        if (!p.frozen)
            walk.tape.device().add_scaled(p.grad.size(), 1.0f, p.replica_grad.data(),
                                          {p.grad.data(), false});
}

void exchange(std::span<Parameter> parameters, int working) {
    static std::vector<float> all; // kept: a step allocates nothing
    size_t size = 0;
    for (const Parameter& p : parameters)
        if (!p.frozen) size += static_cast<size_t>(p.grad.size());
    all.resize(size);
    float* at = all.data();
    for (const Parameter& p : parameters)
        if (!p.frozen) at = std::copy_n(p.grad.data(), p.grad.size(), at);
    sum_over_ranks(all, working, sum_of_nodes);
    const float* from = all.data();
    for (const Parameter& p : parameters) {
        if (p.frozen) continue;
        std::copy_n(from, p.grad.size(), p.grad.data());
        from += p.grad.size();
    }
}

} // namespace

int64_t leaves_of(int64_t rows, int64_t few, int64_t parameters) {
    if (rows <= 3 * few) return 1;
    int64_t leaves = 2;
    while (leaves < kMostLeaves && 2 * leaves * few <= rows &&
           gradients_of(2 * leaves) * parameters <= kMostNumbers)
        leaves *= 2;
    return leaves;
}

// Two threads have one for each level below the root, and one each that is being added up.
int64_t gradients_of(int64_t leaves) { return std::max<int64_t>(1, 2 * levels_of(leaves)); }

void gradient_in_tree(Tape& tape, std::span<Parameter> parameters, int64_t rows, int64_t leaves,
                      std::span<double> sums, const GradientPart& part) {
    std::fill(sums.begin(), sums.end(), 0.0);
    tape.adds_to_replica_grad = false;
    if (leaves == 1) return part(tape, 0, rows, sums);
    const size_t numbers = sums.size();
    static thread_local std::vector<double> shares; // kept: a step allocates nothing
    shares.assign(static_cast<size_t>(leaves) * numbers, 0.0);
    const Walk walk{tape, parameters, part, shares, numbers};
    const int working = static_cast<int>(std::min<int64_t>(ranks(), leaves));
    // What stood in the gradients before counts once.
    if (rank() > 0) walk.clear();
    for (Parameter& p : parameters)
        if (!p.frozen && p.grad.empty()) p.grad = Tensor::zeros(p.value.shape(), tape.device());
    if (rank() < working) add_node(walk, node_of({0, rows, 0, leaves}, rank(), working));
    if (ranks() > 1) {
        exchange(parameters, working);
        const std::vector<std::string> of_all = from_all_ranks(std::string(
            reinterpret_cast<const char*>(shares.data()), shares.size() * sizeof(double)));
        for (int r = 0; r < working; ++r) {
            const Branch node = node_of({0, rows, 0, leaves}, r, working);
            const size_t begin = static_cast<size_t>(node.leaf) * numbers * sizeof(double);
            std::memcpy(reinterpret_cast<char*>(shares.data()) + begin,
                        of_all[static_cast<size_t>(r)].data() + begin,
                        static_cast<size_t>(node.leaves) * numbers * sizeof(double));
        }
    }
    for (size_t i = 0; i < shares.size(); ++i) sums[i % numbers] += shares[i];
}

} // namespace qstar::engine
