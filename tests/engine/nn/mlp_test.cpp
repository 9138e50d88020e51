// The network of the puzzles on the processor.

#include "tests/engine/small_network.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <vector>

using namespace qstar::engine;
using namespace qstar::engine::small_network;

TEST_CASE("bags make of a table what a product makes of rows of zeros and ones") {
    Mlp model = network();
    const Bags x = features();
    Tape tape;
    Parameter &table = model.parameters[0], &bias = model.parameters[1];
    const Tensor ones = Tensor::zeros({x.rows(), kNetwork.inputs});
    for (int64_t r = 0; r < x.rows(); ++r) {
        for (int j = x.first[static_cast<size_t>(r)]; j < x.first[static_cast<size_t>(r) + 1]; ++j)
            ones[r * kNetwork.inputs + x.on[static_cast<size_t>(j)]] = 1;
    }
    std::vector<std::vector<float>> found;
    for (const bool bags : {true, false}) {
        tape.reset();
        model.zero_grad();
        const Var y = bags ? embedding_bag(tape, x, tape.leaf(table), tape.leaf(bias))
                           : linear(tape, tape.constant(ones), tape.leaf(table), tape.leaf(bias));
        tape.keep(y);
        tape.backward(sum(tape, mul(tape, y, y)));
        std::vector<float> all;
        for (const Tensor& t : {tape.value(y), table.grad, bias.grad})
            all.insert(all.end(), t.values().begin(), t.values().end());
        found.push_back(all);
    }
    CHECK(found[0] == found[1]);
    CHECK(found[0].size() > 7 * 12);
}

TEST_CASE("an MLP is evaluated without a tape as with one") {
    Mlp model = network();
    const Bags x = features();
    std::vector<std::vector<float>> said;
    for (const Precision precision : {Precision::fp32, Precision::bf16}) {
        Tape tape(false);
        tape.precision = precision;
        const Tensor y = tape.value(forward(tape, model, x));
        std::vector<float> without(static_cast<size_t>(y.size()));
        evaluate(model, x, without.data(), precision);
        CHECK(std::equal(without.begin(), without.end(), y.data()));
        said.push_back(without);
    }
    CHECK((said[0] == said[1]) == (bf16_kernels() == nullptr));
}
