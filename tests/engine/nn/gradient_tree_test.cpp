#include "engine/nn/gradient_tree.h"

#include <doctest/doctest.h>
#include <mutex>
#include <set>
#include <span>
#include <utility>
#include <vector>

using namespace qstar::engine;

TEST_CASE("a batch of up to three micro-batches is computed as a whole, a larger one by a tree") {
    CHECK(leaves_of(1, 1, 100) == 1);
    CHECK(leaves_of(48, 16, 1'000'000) == 1);
    CHECK(leaves_of(49, 16, 1'000'000) == 2);
    CHECK(leaves_of(63, 16, 1'000'000) == 2);
    CHECK(leaves_of(64, 16, 1'000'000) == 4);
    CHECK(leaves_of(100'000, 16, 1000) == 64);
    // Of a large model no more gradients are kept than two threads want.
    CHECK(leaves_of(100'000, 1, 100'000'000) == 2);
    CHECK(gradients_of(1) == 1);
    CHECK(gradients_of(2) == 2);
    CHECK(gradients_of(8) == 6);
}

TEST_CASE("the leaves are all rows, each once, and their numbers add up") {
    std::vector<Parameter> parameters;
    parameters.push_back({"w", Tensor::zeros({3}), Tensor{}});
    Tape tape;
    std::mutex mutex;
    std::set<std::pair<int64_t, int64_t>> parts;
    std::vector<double> sums(2, -1.0);
    gradient_in_tree(tape, parameters, 13, 4, sums,
                     [&](Tape& own, int64_t first, int64_t count, std::span<double> shares) {
                         own.reset();
                         Tensor& grad = own.adds_to_replica_grad ? parameters[0].replica_grad
                                                                 : parameters[0].grad;
                         for (int64_t row = first; row < first + count; ++row)
                             grad[row % 3] += static_cast<float>(row);
                         shares[0] = static_cast<double>(count);
                         shares[1] = static_cast<double>(first);
                         const std::lock_guard lock(mutex);
                         parts.insert({first, count});
                     });
    CHECK(parts == std::set<std::pair<int64_t, int64_t>>{{0, 4}, {4, 3}, {7, 3}, {10, 3}});
    CHECK(sums == std::vector<double>{13, 21});
    CHECK(parameters[0].grad[0] == 0 + 3 + 6 + 9 + 12);
    CHECK(parameters[0].grad[1] == 1 + 4 + 7 + 10);
    CHECK(parameters[0].grad[2] == 2 + 5 + 8 + 11);
}
