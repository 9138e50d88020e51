// The network of the puzzles on the processor.

#include "tests/engine/small_network.h"

#include <doctest/doctest.h>

using namespace qstar::engine;
using namespace qstar::engine::small_network;

TEST_CASE("an MLP is evaluated from the features that are on as from all of them") {
    Mlp model = network();
    const OnFeatures x = features();
    Tape tape(false);
    const Tensor all = tape.allocate({x.rows(), kNetwork.inputs});
    write_out(x, kNetwork.inputs, all.data());
    const Tensor y = tape.value(forward(tape, model, tape.constant(all)));
    const std::vector<float> sparse = evaluated(model, x);
    for (size_t i = 0; i < sparse.size(); ++i) CHECK(sparse[i] == y[static_cast<int64_t>(i)]);
}
